"""A command line is seen by whoever lists the machine's processes: no document puts a secret there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "packages").rglob("*.md"))]
SHOWN = re.compile(r"^```(?:sh|bash|console)?\n(.*?)^```", re.DOTALL | re.MULTILINE)
SECRET = re.compile(
    r"""\s(?:-H|--header)\s*["']Authorization:                     # curl's header; from a file it is -H @file
    | \s(?:-u|--user)\s+\S+:
    | \s--(?:app-secret|control-token|password|token|secret)[\s=]  # --app-secret-file has its name alone
    | \s--app\s+\S+:
    """,
    re.VERBOSE,
)


def secrets_in(text: str) -> list[str]:
    lines = [line for block in SHOWN.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [line for line in lines if SECRET.search(line)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_document_shows_a_secret_on_a_command_line(path: Path) -> None:
    assert secrets_in(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    (
        'curl -H "Authorization: Bearer $SECRET" http://a/',
        "curl -u user:word http://a/",
        "tiktok-connect simulator --app-id 7 --app-secret x",
        "tiktok-connect simulator --app 7:x",
        "tiktok-connect simulator \\\n  --control-token=x",
    ),
)
def test_one_would_be_found(line: str) -> None:
    assert len(secrets_in(f"```sh\n{line}\n```\n")) == 1
    assert secrets_in("```sh\ncurl -H @header http://a/\ntiktok-connect simulator --app-secret-file f\n```\n") == []
