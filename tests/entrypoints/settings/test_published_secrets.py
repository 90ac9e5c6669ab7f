from __future__ import annotations

import re
from pathlib import Path

import pytest

from entrypoints.settings import faults_of
from entrypoints.settings.published_secrets import DEMO_APP_SECRET, EXAMPLE_ENCRYPTION_KEY, PUBLISHED_SECRETS
from support.environ import an_environ, names_of_secrets

ROOT = Path(__file__).parents[3]
SECRET_NAMES = names_of_secrets()
ASSIGNMENT = re.compile(rf"\b({'|'.join(SECRET_NAMES)})=[\"']?([^\s\"'`]+)")


def shown_in(name: str) -> list[tuple[str, str]]:
    """What a reader could copy: an ellipsis is no secret."""
    return [(setting, value) for setting, value in ASSIGNMENT.findall((ROOT / name).read_text()) if value != "…"]


def faults_with(name: str, value: str) -> list[tuple[str, str]]:
    lone_key = {"TOKEN_ENCRYPTION_KEYS": None} if name == "TOKEN_ENCRYPTION_KEY" else {}
    return [(fault.name, fault.problem) for fault in faults_of(an_environ(**(lone_key | {name: value})))]


DOCUMENTS = [str(path.relative_to(ROOT)) for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))]


@pytest.mark.parametrize("file", [".env.example", *DOCUMENTS])
def test_every_secret_that_we_show_is_refused(file: str) -> None:
    for name, value in shown_in(file):
        assert faults_with(name, value) == [(name, "is an example that everybody can read")], f"{name} as shown in {file}"


def test_secrets_are_known_by_their_names() -> None:
    assert {"TIKTOK_APP_SECRET", "TOKEN_ENCRYPTION_KEYS", "SERVICE_TOKENS", "NEXTAUTH_SECRET", "METRICS_TOKEN"} < SECRET_NAMES
    assert "TIKTOK_APP_ID" not in SECRET_NAMES


def test_the_example_file_shows_each_secret_once() -> None:
    assert sorted(name for name, _ in shown_in(".env.example")) == sorted(
        set(SECRET_NAMES) - {"TOKEN_ENCRYPTION_KEY", "NEXTAUTH_SECRET"}
    )


@pytest.mark.parametrize("secret", PUBLISHED_SECRETS)
def test_a_published_secret_is_refused_wherever_it_turns_up(secret: str) -> None:
    assert faults_with("CRON_SECRET", secret) == [("CRON_SECRET", "is an example that everybody can read")]
    assert faults_with("AUTH_SECRET", f"a-good-secret-of-ours,{secret}")
    assert faults_with("SERVICE_TOKENS", f"importer:{secret}:vend")


def test_the_demos_and_the_example_keys_are_among_them() -> None:
    assert faults_with("TIKTOK_APP_SECRET", DEMO_APP_SECRET)
    assert faults_with("TOKEN_ENCRYPTION_KEYS", f"mine:{EXAMPLE_ENCRYPTION_KEY.upper()}")


def test_the_secret_of_the_authjs_vectors_is_accepted() -> None:
    assert faults_with("AUTH_SECRET", "example-auth-secret-for-the-projects-own-tests") == []
