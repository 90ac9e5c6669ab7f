import ast
import importlib.util
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VAGUE = {
    "base",
    "common",
    "core",
    "handler",
    "handlers",
    "helper",
    "helpers",
    "lib",
    "manager",
    "misc",
    "service",
    "services",
    "utils",
}
ELSEWHERE = re.compile(
    r"""/(?:root|work|home/\w+|Users/\w+|opt/\w+)/      # a folder of somebody's machine
    | \b(?:pypi\.org|pythonhosted\.org|npmjs\.org|npmjs\.com|yarnpkg\.com|crates\.io|(?:deb|security)\.debian\.org|golang\.org)\b
    """,
    re.VERBOSE,
)


def files_of_the_project() -> list[Path]:
    """List what is committed, or would be by `git add`."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def modules_of_src() -> list[Path]:
    """List the modules of the product but for the migrations, which are as they were when they ran first."""
    return [path for path in sorted((ROOT / "src").rglob("*.py")) if "versions" not in path.parts]


def async_functions_beside_celery(source: str) -> list[str]:
    """Name the async functions of a module that imports Celery, which would never await them."""
    nodes = list(ast.walk(ast.parse(source)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    if not any(name.partition(".")[0] == "celery" for name in imported) and "entrypoints.worker.app" not in imported:
        return []
    return [node.name for node in nodes if isinstance(node, ast.AsyncFunctionDef)]


@pytest.mark.parametrize("package", ["domain", "application", "adapters", "entrypoints"])
def test_each_package_is_ours_and_no_namesake_of_another_distribution(package: str, tmp_path: Path) -> None:
    command = [sys.executable, "-P", "-c", f"import {package}; print({package}.__file__)"]
    origin = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.strip()
    assert Path(origin) == ROOT / "src" / package / "__init__.py"


def test_advanced_alchemy_stays_out() -> None:
    """It warns under SQLAlchemy 2.1, and where it is installed `import litestar` takes nine times as long."""
    assert importlib.util.find_spec("advanced_alchemy") is None


def test_no_celery_task_is_a_coroutine() -> None:
    """Celery 5.7 would return it un-awaited, and call that a success."""
    found = {str(path): async_functions_beside_celery(path.read_text()) for path in (ROOT / "src").rglob("*.py")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize("how", ["import celery", "from celery import shared_task", "from entrypoints.worker.app import app"])
def test_a_coroutine_beside_celery_would_be_found(how: str) -> None:
    assert async_functions_beside_celery(f"{how}\n\n@app.task\nasync def sweep(): ...\n") == ["sweep"]
    assert async_functions_beside_celery("import asyncio\n\nasync def page(): ...\n") == []


def test_no_file_names_a_machine_or_a_package_host() -> None:
    found = []
    for path in files_of_the_project():
        text = path.read_text(errors="ignore")
        found += [f"{path.relative_to(ROOT)}: {match.group()}" for match in ELSEWHERE.finditer(text)]
    assert found == []


@pytest.mark.parametrize(
    "text", ["cd {}root/project", "'{}home/jo/x'", "https:{0}{0}pypi{1}org/simple", "http:{0}{0}deb{1}debian{1}org"]
)
def test_a_machine_or_a_package_host_would_be_found(text: str) -> None:
    assert ELSEWHERE.search(text.format("/", "."))
    assert not ELSEWHERE.search(text)  # so that this file is not found itself


def test_modules_are_named_by_their_subject() -> None:
    names = [path for ring in ("src", "tests") for path in (ROOT / ring).rglob("*.py")]
    assert [str(path) for path in names if VAGUE & {path.stem, *path.relative_to(ROOT).parts[:-1]}] == []


def test_test_folders_are_no_packages() -> None:
    """With tests/domain/__init__.py, `import domain` would find the tests."""
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def identifiers_with_renew(source: str) -> list[str]:
    """Name the identifiers of a module that say "renew", which is neither a refresh nor a rotation."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return [token.string for token in tokens if token.type == tokenize.NAME and "renew" in token.string.lower()]


def test_nothing_in_src_is_called_renew() -> None:
    """Refresh is the one HTTP call, rotation the whole of claim, call and settle; a third word would be either."""
    found = {str(path): identifiers_with_renew(path.read_text()) for path in modules_of_src()}
    assert {path: names for path, names in found.items() if names} == {}


def test_an_identifier_with_renew_would_be_found() -> None:
    assert identifiers_with_renew("def next_renewal(): ...\n") == ["next_renewal"]
    assert identifiers_with_renew('"""It renews."""\nREASON = "renewal_overdue"\n') == []


def test_every_module_begins_with_a_line_that_says_what_is_in_it() -> None:
    assert [str(path) for path in modules_of_src() if ast.get_docstring(ast.parse(path.read_text())) is None] == []


def modules_imported_by(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    return named | {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}


@pytest.mark.parametrize("folder", ["domain", "support/builders.py", "support/plugin_orders.py"])
def test_the_domains_tests_import_nothing_but_the_domain(folder: str) -> None:
    """And what builds its values, the standard library, and the tools of testing."""
    place = ROOT / "tests" / folder
    allowed = {"domain", "pytest", "hypothesis", *sys.stdlib_module_names}
    found = {
        str(path): {name for name in modules_imported_by(path) if name.split(".")[0] not in allowed}
        - {"support.builders", "support.plugin_orders"}
        for path in (place.rglob("*.py") if place.is_dir() else [place])
    }
    assert {path: names for path, names in found.items() if names} == {}
