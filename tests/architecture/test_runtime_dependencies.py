"""What production installs is what it needs: nothing that runs is there through a development tool alone."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]

IMPORT_WITHOUT = """
import importlib, pkgutil, sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in left_out:
            raise ModuleNotFoundError(f"No module named {name!r} in production", name=name)

left_out, wanted = set(sys.argv[1].split()), sys.argv[2:]
sys.meta_path.insert(0, Missing())
for name in wanted:
    module = importlib.import_module(name)
    for each in pkgutil.walk_packages(getattr(module, "__path__", ()), name + "."):
        # Alembic alone loads migrations, and pytest alone its plugin
        if not each.name.endswith((".__main__", ".pytest_plugin")) and ".migrations." not in each.name:
            importlib.import_module(each.name)
"""


def production() -> set[str]:
    """Names of the distributions that the project's own dependencies bring, those of extras included."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    installed = dict[str, set[str]]()
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), set(requirement.extras)
        applies = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
        if not applies or (name in installed and extras <= installed[name]):
            continue
        installed[name] = installed.get(name, set()) | extras
        for line in distribution(name).requires or []:
            below = Requirement(line)
            if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                waiting.append(Requirement(f"{below.name}[{','.join(below.extras)}]" if below.extras else below.name))
    return set(installed)


def left_out() -> set[str]:
    """Modules that this environment has and production has not."""
    ours, kept = {"domain", "application", "adapters", "entrypoints", "tests"}, production()
    return {
        module
        for module, distributions in packages_distributions().items()
        if module not in ours and not {canonicalize_name(name) for name in distributions} & kept
    }


@pytest.mark.parametrize(
    "wanted",
    [
        ("kombu.transport.redis",),
        ("kombu.transport.pyamqp",),
        ("kombu.transport.filesystem",),
        ("domain", "application", "adapters", "entrypoints"),
        ("celery.apps.worker", "celery.apps.beat", "celery.concurrency.thread", "celery.concurrency.prefork"),
    ],
    ids=lambda names: names[0],
)
def test_nothing_that_production_imports_is_there_through_a_development_tool_alone(wanted: tuple[str, ...]) -> None:
    missing = left_out()
    assert "pytest" in missing
    answer = subprocess.run(
        [sys.executable, "-P", "-c", IMPORT_WITHOUT, " ".join(missing), *wanted], capture_output=True, text=True, check=False
    )
    assert answer.returncode == 0, answer.stderr
