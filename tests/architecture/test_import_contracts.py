import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

# For each contract the imports, importer first, that it must refuse. A module that does not exist yet is made.
PLANTED = {
    "layers": [
        ("domain.planted", "application.planted"),
        ("application.planted_plan", "adapters.planted"),
        ("adapters.planted_door", "entrypoints.planted"),
    ],
    "domain-is-pure": [
        ("domain.planted_system", "os"),
        ("domain.planted_clock", "time"),
        ("domain.planted_dice", "random"),
        ("domain.planted_name", "uuid"),
        ("domain.planted_log", "logging"),
        ("domain.planted_package.inside", "msgspec"),
    ],
    "application-is-plain": [("application.planted", "httpx"), ("application.ports.planted", "sqlalchemy.engine")],
    "adapters-apart": [
        ("adapters.tiktok.planted", "adapters.tiktok_simulator.planted_wire"),
        ("adapters.tiktok_simulator.planted", "adapters.tiktok.planted_wire"),
        ("adapters.planted_alone", "adapters.memory.planted"),
        ("adapters.http_client.planted", "adapters.tiktok.planted_codes"),
        ("adapters.memory.planted_client", "adapters.http_client.planted_line"),
        ("adapters.wab.planted", "adapters.sql.planted_table"),
        ("adapters.postgres.planted", "adapters.wab.planted_row"),
        ("adapters.memory.planted_server", "adapters.postgres.planted_fault"),
    ],
    "use-cases-apart": [
        ("application.planted_vend", "application.planted_rotate"),
        ("application.rotation.planted", "application.planted_sweep"),
        ("application.rotation.planted_step", "application.connecting.planted_step"),
        ("application.connecting.planted", "application.rotation.planted_call"),
        ("application.ports.planted", "application.planted_audit"),
    ],
    "doors-apart": [
        ("entrypoints.http.planted", "entrypoints.worker.planted_task"),
        ("entrypoints.worker.planted", "entrypoints.http.planted_page"),
        ("entrypoints.http.planted_command", "entrypoints.cli"),
    ],
    "container-builds-adapters": [
        ("entrypoints.http.planted", "adapters.planted"),
        ("entrypoints.planted", "adapters.sql.planted"),
    ],
    "container-library-stays": [
        ("entrypoints.http.planted", "dependency_injector.wiring"),
        ("adapters.planted", "dependency_injector"),
    ],
}


def plant(src: Path, module: str, text: str = "") -> None:
    *packages, name = module.split(".")
    folder = src
    for package in packages:
        folder /= package
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").touch()
    if not (folder / name).is_dir():
        with (folder / f"{name}.py").open("a") as file:
            file.write(text)


def lint(src: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    """Check contracts, with the project's own configuration, over another source tree."""
    executable = str(Path(sys.executable).with_name("lint-imports"))
    command = [executable, "--no-logo", "--no-cache", "--config", str(ROOT / "pyproject.toml")]
    command += [word for contract in contracts for word in ("--contract", contract)]
    environment = {**os.environ, "PYTHONPATH": str(src), "COLUMNS": "400"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def src(tmp_path: Path) -> Path:
    return shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))


def test_every_contract_is_seen_to_fail_below() -> None:
    assert set(PLANTED) == set(CONTRACTS)


def test_the_source_as_it_is_keeps_every_contract(src: Path) -> None:
    answer = lint(src, *CONTRACTS)
    assert [name for name in CONTRACTS.values() if f"{name} KEPT" not in answer.stdout] == [], answer.stdout + answer.stderr


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_a_contract_refuses_what_is_planted_against_it(contract: str, src: Path) -> None:
    for importer, imported in PLANTED[contract]:
        if imported.split(".")[0] in {"domain", "application", "adapters", "entrypoints"}:
            plant(src, imported)
        plant(src, importer, f"\nimport {imported}\n")
    after = lint(src, contract)
    assert (after.returncode, f"{CONTRACTS[contract]} BROKEN" in after.stdout) == (1, True), after.stdout + after.stderr
    refused = set(re.findall(r"(\S+) (?:->|imports) ", after.stdout))
    assert {importer for importer, _ in PLANTED[contract]} <= refused


@pytest.mark.parametrize(
    ("contract", "importer", "imported"),
    [
        ("use-cases-apart", "application.planted", "application.ports.planted"),
        ("use-cases-apart", "application.planted", "application.rotation.planted"),
        ("use-cases-apart", "application.planted", "application.connecting.planted"),
        ("adapters-apart", "adapters.tiktok.planted", "adapters.http_client.planted"),
        ("container-builds-adapters", "entrypoints.container", "adapters.planted"),
        ("container-builds-adapters", "entrypoints.operations", "adapters.planted"),
        ("container-builds-adapters", "entrypoints.testing", "adapters.planted"),
        ("container-library-stays", "entrypoints.container", "dependency_injector"),
        ("application-is-plain", "application.planted", "logging"),
    ],
)
def test_what_a_contract_leaves_open_is_open(contract: str, importer: str, imported: str, src: Path) -> None:
    if imported.startswith(("application", "adapters")):
        plant(src, imported)
    plant(src, importer, f"\nimport {imported}\n")
    assert lint(src, contract).returncode == 0
