"""What the documents say is there: their links, commands, settings, endpoints, paths and examples."""

import re
import subprocess
from pathlib import Path

import click
import pytest
from litestar import Router

from entrypoints.cli.command_line import COMMANDS, cli
from entrypoints.container import Container
from entrypoints.http.api import API

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)\s]*)\)")
CALL = re.compile(r"tiktok-connect ([a-z]+)([^`\n#]*)")
EXAMPLE = re.compile(r"<!-- (\S+) -->\n```python\n(.*?)```\n", re.DOTALL)
SETTING = re.compile(r"\"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\"")
NAME_IN_CODE_SPAN = re.compile(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`")
PLACE = re.compile(r"`((?:src|tests|docs|adapters)/[\w./-]*)`")
ENDPOINT = re.compile(r"^\| ((?:GET|POST|DELETE)[^`|]*)((?:`[^`]+`(?:, )?)+)", re.MULTILINE)


def chapter(title: str) -> str:
    """The text below a heading of the second level."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def anchors_of(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(document: Path, text: str) -> list[str]:
    broken = []
    for link in LINK.findall(text):
        path, _, anchor = link.partition("#")
        there = (document.parent / path).resolve() if path else document
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
        known = {option for command in commands if command for parameter in command.params for option in parameter.opts}
        wrong += [f"{name} {rest}" for option in re.findall(r"--[a-z-]+", rest) if option not in known]
        wrong += [f"{name} {rest}"] if None in commands else []
    return wrong


def settings_that_are_read() -> set[str]:
    return set(SETTING.findall((ROOT / "src/entrypoints/settings/load.py").read_text()))


def settings_in_the_table() -> set[str]:
    names = [row.split("|")[1] for row in chapter("Configuration").splitlines() if row.startswith("| `")]
    return set(NAME_IN_CODE_SPAN.findall(" ".join(names)))


def endpoints_in_the_table() -> set[tuple[str, str]]:
    found = set()
    for methods, paths in ENDPOINT.findall(chapter("HTTP")):
        for path in re.findall(r"`([^`?]+)[^`]*`", paths):
            found |= {(method, re.sub(r"\{[^}]*\}", "{}", path)) for method in re.findall(r"[A-Z]+", methods)}
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_leads_somewhere(document: Path) -> None:
    assert broken_links(document, document.read_text()) == []


def test_a_broken_link_would_be_found() -> None:
    assert broken_links(ROOT / "README.md", "[a](docs/nowhere.md) [b](#why) [c](#no-such-heading) [d](CHANGELOG.md)") == [
        "docs/nowhere.md",
        "#no-such-heading",
    ]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_shown_exists(document: Path) -> None:
    assert wrong_calls(document.read_text()) == []


@pytest.mark.parametrize("call", ["fly", "serve --wings", "keys melt", "refresh --every"])
def test_a_command_that_does_not_exist_would_be_found(call: str) -> None:
    assert wrong_calls(f"`tiktok-connect {call}`") != []
    assert wrong_calls("`tiktok-connect refresh --all`, `tiktok-connect keys generate`") == []


def test_every_command_is_in_readme() -> None:
    assert {name for name, _ in CALL.findall(chapter("Command line"))} == set(COMMANDS)


def test_every_word_of_dev_that_is_shown_exists() -> None:
    usage = subprocess.run([ROOT / "dev", "help"], capture_output=True, text=True, check=True).stdout
    assert set(re.findall(r"\./dev ([a-z]+)", README)) <= set(re.findall(r"^  ([a-z]+)", usage, re.MULTILINE))


def test_readme_names_exactly_the_settings_that_are_read() -> None:
    assert settings_in_the_table() == settings_that_are_read()


def test_the_example_file_names_every_setting() -> None:
    example = (ROOT / ".env.example").read_text()
    assert {name for name in settings_that_are_read() if not re.search(rf"\b{name}\b", example)} == set()


def test_readme_names_exactly_the_endpoints_of_the_api() -> None:
    served = {
        (method, re.sub(r"\{[^}]*\}", "{}", route.path))
        for route in Router("/", route_handlers=API).routes
        for method in route.methods
        if method in {"GET", "POST", "DELETE"}
    }
    pages = {("GET", path) for path in ("/dashboard/platforms", "/dashboard/platforms/tiktok/select", "/schema")}
    assert endpoints_in_the_table() == served | pages


def test_every_place_that_readme_names_is_there() -> None:
    places = [place for place in PLACE.findall(README) if not place.startswith("src/adapters/acme")]
    assert len(places) > 15
    assert [place for place in places if not ((ROOT / place).exists() or (ROOT / "src" / place).exists())] == []


def test_the_table_of_ports_has_them_all() -> None:
    rows = re.findall(r"^\| `(\w+\.py)` \| ([^|]*) \|.*\| ([^|]*) \|$", chapter("Add or swap an adapter"), re.MULTILINE)
    ports = {path.name for path in (ROOT / "src/application/ports").glob("*.py")} - {"__init__.py"}
    assert {name for name, _, _ in rows} == ports
    for _, provided, contracts in rows:
        assert all(hasattr(Container, name) for name in re.findall(r"`(\w+)`", provided)), provided
        assert all((ROOT / "tests/contracts" / name).exists() for name in re.findall(r"`([\w.]+)`", contracts)), contracts


def test_what_is_shown_of_the_worked_example_is_the_code_that_runs() -> None:
    shown = EXAMPLE.findall(README)
    assert len(shown) > 1
    for path, text in shown:
        assert text in (ROOT / path).read_text(), f"{path} has changed: copy that part of it into README.md"
