"""Environments as a deployment would set them: complete and valid, so that a test spells only what it is about."""

from __future__ import annotations

import re
from pathlib import Path

from entrypoints.settings import variables_and_defaults as load

READ_HERE = Path(load.__file__)
SECRET = re.compile(r'"([A-Z][A-Z0-9_]*_(?:SECRET|TOKEN|KEY)S?)"')
HEX_KEY = "3f" * 31 + "7c"
APP_SECRET = "an-app-secret-nobody-else-has"
CALLBACK = "https://dash.example.org/api/auth/tiktok/callback"


def an_environ(**changes: str | None) -> dict[str, str]:
    """The required variables, with some set or (None) unset."""
    base: dict[str, str | None] = {
        "TIKTOK_APP_ID": "7123456789012345678",
        "TIKTOK_APP_SECRET": APP_SECRET,
        "TIKTOK_REDIRECT_URI": CALLBACK,
        "TOKEN_ENCRYPTION_KEYS": f"k1:{HEX_KEY}",
        "DASHBOARD_URL": "https://dash.example.org",
    }
    return {name: value for name, value in (base | changes).items() if value is not None}


def names_of_secrets() -> frozenset[str]:
    """The settings that hold secrets, by their names: what is read as …_SECRET, …_TOKEN or …_KEY."""
    return frozenset(SECRET.findall(READ_HERE.read_text()))
