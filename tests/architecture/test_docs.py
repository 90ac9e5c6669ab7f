"""What the documents say is there: their links, commands, settings, endpoints, words, places and examples."""

import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from litestar import Router

from domain.outcomes import Reason
from entrypoints.cli.command_line import COMMANDS, cli
from entrypoints.container import Container
from entrypoints.http.api import API

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
DOCUMENTS = [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
DECISIONS = sorted((ROOT / "docs/adr").glob("*.md"))
GUIDES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "docs/adr/0001-the-shape.md"]
"""Documents of how things are now; other decisions may name what was there when they were taken."""
LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")
CALL = re.compile(r"tiktok-connect ([a-z]+)([^`\n#]*)")
SHOWN_CODE = re.compile(r"<!-- (\S+) -->\n```python\n(.*?)```\n", re.DOTALL)
RUN = "run"
"""In the place of a path: the code is a whole program."""
SETTING = re.compile(r"\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"")
NAME_IN_CODE_SPAN = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")
PLACE = re.compile(r"`((?:src|tests|docs|adapters)/[\w./-]*)`")
STAND_IN = re.compile(r"acme|[A-Z]{4,}")
"""In a place that a reader is to make: src/adapters/acme, src/application/VERB.py."""
ENDPOINT = re.compile(r"^\| ((?:GET|POST|DELETE)[^`|]*)((?:`[^`]+`(?:, )?)+)", re.MULTILINE)
LONGEST_README, LONGEST_LINE = 160, 160


def document(name: str) -> str:
    return (ROOT / name).read_text()


def chapter(name: str, title: str) -> str:
    """The text of a document below a heading of the second level."""
    return document(name).split(f"\n## {title}\n")[1].split("\n## ")[0]


def anchors_of(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path, text: str) -> list[str]:
    broken = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        there = (path.parent / target).resolve() if target else path
        if not there.exists() or (anchor and anchor not in anchors_of(there)):
            broken.append(link)
    return broken


def wrong_calls(text: str) -> list[str]:
    """Calls of commands, sub-commands or options that there aren't."""
    wrong = []
    for name, rest in CALL.findall(text):
        if name not in COMMANDS:
            wrong.append(name)
            continue
        commands = [cli.get_command(click.Context(cli), name)]
        if isinstance(commands[0], click.Group) and (word := rest.split()[:1]):
            commands.append(commands[0].commands.get(word[0]))
        options = {option for command in commands if command for parameter in command.params for option in parameter.opts}
        wrong += [f"{name} {rest}" for option in re.findall(r"--[a-z-]+", rest) if option not in options]
        wrong += [f"{name} {rest}"] if None in commands else []
    return wrong


def settings_that_are_read() -> set[str]:
    return set(SETTING.findall(document("src/entrypoints/settings/variables_and_defaults.py")))


def settings_in_the_table() -> set[str]:
    names = [row.split("|")[1] for row in chapter("docs/production.md", "Settings").splitlines() if row.startswith("| `")]
    return set(NAME_IN_CODE_SPAN.findall(" ".join(names)))


def endpoints_in_the_table() -> set[tuple[str, str]]:
    endpoints = set()
    for methods, paths in ENDPOINT.findall(chapter("docs/api.md", "Endpoints")):
        for path in re.findall(r"`([^`?]+)[^`]*`", paths):
            endpoints |= {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method in re.findall(r"[A-Z]+", methods)}
    return endpoints


def places_in(text: str) -> list[str]:
    return [place for place in PLACE.findall(text) if not STAND_IN.search(place)]


def lost_places(text: str) -> list[str]:
    """Paths that are named and not there."""
    return [place for place in places_in(text) if not ((ROOT / place).exists() or (ROOT / "src" / place).exists())]


def tree_in_readme() -> list[str]:
    """The paths of the tree that README shows, with the folders that a line names behind its own."""
    [tree] = re.findall(r"^```\n(src/domain/.*?)```$", README.read_text(), re.MULTILINE | re.DOTALL)
    paths, folder = list[str](), ""
    for line in tree.splitlines():
        folder, _, rest = line.partition(" ") if not line.startswith(" ") else (folder, "", line)
        paths += [folder, *(folder + name for name in re.findall(r"(\w+/|\w+\.py)", rest))]
    return paths


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(path: Path) -> None:
    assert broken_links(path, path.read_text()) == []


def test_a_broken_link_would_be_found() -> None:
    assert broken_links(README, "[a](docs/nowhere.md) [b](#why) [c](#no-such-heading) [d](CHANGELOG.md)") == [
        "docs/nowhere.md",
        "#no-such-heading",
    ]


def test_readme_can_be_read_in_one_sitting() -> None:
    lines = README.read_text().splitlines()
    assert len(lines) <= LONGEST_README
    assert [line for line in lines if len(line) > LONGEST_LINE and not line.startswith("|")] == []


def test_readme_leads_to_every_document() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in LINK.findall(README.read_text())}
    assert set(DOCUMENTS) - linked == {README}


def test_the_tree_in_readme_is_there() -> None:
    paths = tree_in_readme()
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_tree_in_readme_has_every_room() -> None:
    rooms = {path.parent.relative_to(ROOT / "src") for path in (ROOT / "src").glob("*/*/__init__.py")}
    shown = {Path(path).relative_to("src") for path in tree_in_readme() if path.startswith("src/")}
    assert rooms - shown == set()


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name.partition("-")[0]) for path in DECISIONS]
    assert numbers == list(range(1, len(DECISIONS) + 1))
    titles = [path.read_text().splitlines()[0] for path in DECISIONS]
    assert [title for number, title in zip(numbers, titles, strict=True) if not title.startswith(f"# {number}. ")] == []


def test_readme_lists_every_decision_under_its_number() -> None:
    listed = re.findall(r"\[(\d+) [^\]]+\]\(docs/adr/(\d+)-", README.read_text())
    assert [(int(number), int(file)) for number, file in listed] == [(n, n) for n in range(1, len(DECISIONS) + 1)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(path: Path) -> None:
    assert wrong_calls(path.read_text()) == []


@pytest.mark.parametrize("call", ["fly", "serve --wings", "keys melt", "refresh --every"])
def test_a_command_that_does_not_exist_would_be_found(call: str) -> None:
    assert wrong_calls(f"`tiktok-connect {call}`") != []
    assert wrong_calls("`tiktok-connect refresh --all`, `tiktok-connect keys generate`") == []


def test_every_command_is_explained_to_operators() -> None:
    assert {name for name, _ in CALL.findall(chapter("docs/operators.md", "Commands"))} == set(COMMANDS)


def test_every_word_of_dev_that_is_shown_exists() -> None:
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    words = set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))
    assert {word for path in DOCUMENTS for word in re.findall(r"\./dev ([a-z]+)", path.read_text())} <= words


def test_the_table_of_settings_has_exactly_those_that_are_read() -> None:
    assert settings_in_the_table() == settings_that_are_read()


def test_the_example_file_names_every_setting() -> None:
    example = document(".env.example")
    assert {name for name in settings_that_are_read() if not re.search(rf"\b{name}\b", example)} == set()


def test_the_table_of_endpoints_has_exactly_those_of_the_api() -> None:
    served = {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path))
        for route in Router("/", route_handlers=API).routes
        for method in route.methods
        if method in {"GET", "POST", "DELETE"}
    }
    tiktok = ("/dashboard/platforms/tiktok/select", "/dashboard/platforms/tiktok/spend")
    pages = {("GET", path) for path in ("/dashboard/platforms", *tiktok, "/schema")}
    assert endpoints_in_the_table() == served | pages


def test_every_reason_is_explained_to_operators() -> None:
    explained = set(re.findall(r"^\| `(\w+)`", chapter("docs/operators.md", "A connection's health"), re.MULTILINE))
    assert {reason.value for reason in Reason} - explained == set()


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_place_that_a_document_names_is_there(path: Path) -> None:
    assert lost_places(path.read_text()) == []


def test_a_place_that_is_gone_would_be_found() -> None:
    assert lost_places("`src/application/steps/turn.py`, `src/domain/`, `src/application/VERB.py`") == [
        "src/application/steps/turn.py"
    ]
    assert sum(len(places_in(path.read_text())) for path in GUIDES) > 50


def test_every_test_that_proves_a_figure_or_a_fault_is_there() -> None:
    tests = set(re.findall(r"(?:[\w.]+/)*test_\w+\.py", document("docs/reliability.md")))
    assert len(tests) > 20
    assert [path for path in sorted(tests) if not ((ROOT / path).exists() or (ROOT / "tests" / path).exists())] == []


def test_the_table_of_ports_has_them_all() -> None:
    table = document("docs/adapters.md")
    rows = re.findall(r"^\| `(\w+\.py)` \| ([^|]*) \|.*\| ([^|]*) \|$", table, re.MULTILINE)
    ports = {path.name for path in (ROOT / "src/application/ports").glob("*.py")} - {"__init__.py"}
    assert {name for name, _, _ in rows} == ports
    for _, provided, contracts in rows:
        assert all(hasattr(Container, name) for name in re.findall(r"`(\w+)`", provided)), provided
        assert all((ROOT / "tests/contracts" / name).exists() for name in re.findall(r"`([\w.]+)`", contracts)), contracts


def test_one_word_has_one_entry_in_the_glossary() -> None:
    words = re.findall(r"^\| ([^|]+?) \| ", document("docs/glossary.md"), re.MULTILINE)
    assert len(words) > 30
    assert {word for word in words if words.count(word) > 1} <= {"Word", "---"}


def test_code_that_is_shown_is_the_code_that_runs() -> None:
    shown = [(path, text) for path, text in SHOWN_CODE.findall(document("docs/adapters.md")) if path != RUN]
    assert shown
    for path, text in shown:
        assert text in document(path), f"{path} has changed: copy that part of it into docs/adapters.md"


def test_the_example_of_a_whole_application_runs_as_it_is_shown(tmp_path: Path) -> None:
    [program] = [text for path, text in SHOWN_CODE.findall(document("docs/adapters.md")) if path == RUN]
    environ = {"PYTHONPATH": str(ROOT / "src"), "PATH": ""}
    command = [sys.executable, "-W", "error", "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert list(tmp_path.iterdir()) == []
