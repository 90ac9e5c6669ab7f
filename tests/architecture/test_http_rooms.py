"""The rooms of the HTTP door (`api/`, `auth/`, `pages/`, and its top) stay apart: few imports cross from one to another."""

import ast
from pathlib import Path

SRC = Path(__file__).parents[2] / "src"
HTTP = SRC / "entrypoints" / "http"
ROOMS = {"api", "auth", "pages"}
MOST_CROSSINGS, MOST_FILES_AT_THE_TOP = 45, 14


def modules() -> dict[str, Path]:
    return {".".join(path.relative_to(SRC).with_suffix("").parts).removesuffix(".__init__"): path for path in HTTP.rglob("*.py")}


def room(module: str) -> str:
    inner = module.split(".")[2:3]
    return inner[0] if inner and inner[0] in ROOMS else "top"


def imports() -> set[tuple[str, str]]:
    known = modules()
    edges = set()
    for module, path in known.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("entrypoints.http"):
                names = (f"{node.module}.{alias.name}" for alias in node.names)
                edges |= {(module, name if name in known else node.module) for name in names}
    return edges


def test_few_imports_cross_from_one_room_to_another() -> None:
    crossing = sorted((a, b) for a, b in imports() if room(a) != room(b))
    assert len(crossing) <= MOST_CROSSINGS, crossing


def test_few_files_stand_outside_of_the_rooms() -> None:
    assert len([path for path in HTTP.glob("*.py") if path.stem != "__init__"]) <= MOST_FILES_AT_THE_TOP


def test_authentication_knows_neither_the_api_nor_the_pages_and_the_api_no_page() -> None:
    forbidden = {("auth", "api"), ("auth", "pages"), ("api", "pages")}
    assert [(a, b) for a, b in sorted(imports()) if (room(a), room(b)) in forbidden] == []
