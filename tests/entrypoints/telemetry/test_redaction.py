from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from uuid import UUID

import pytest

from domain.tokens import Secret
from entrypoints.telemetry.redaction import REDACTED, Redaction

PLANTED = "pl4nted-s3cret-value"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@dataclass
class Answer:
    access_token: str
    scope: str


class Mode(Enum):
    ON = "on"


@pytest.mark.parametrize(
    "name",
    (
        "access_token",
        "refreshToken",
        "token",
        "app_secret",
        "AUTH_SECRET",
        "password",
        "Authorization",
        "Cookie",
        "Set-Cookie",
        "code",
        "auth_code",
        "authCode",
        "state",
        "api_key",
        "TOKEN_ENCRYPTION_KEYS",
        "client_credentials",
        "jwt",
    ),
)
def test_text_under_a_secrets_name_is_never_shown(name: str) -> None:
    for value in (PLANTED, [PLANTED], {"a": PLANTED}, PLANTED.encode()):
        assert Redaction().fields({name: value, "nested": {name: value}, "pair": [(name, value)]}) == {
            name: REDACTED,
            "nested": {name: REDACTED},
            "pair": [[name, REDACTED]],
        }


def test_numbers_flags_and_times_are_shown_under_any_name() -> None:
    at = datetime(2026, 12, 1, tzinfo=UTC)
    fields = {"tokens": 5, "token_assumed": True, "token_expires_at": at, "token_life": timedelta(minutes=2), "secret": None}
    assert Redaction().fields(fields) == {
        "tokens": 5,
        "token_assumed": True,
        "token_expires_at": "2026-12-01T00:00:00+00:00",
        "token_life": 120.0,
        "secret": None,
    }


@pytest.mark.parametrize("name", ("event", "reason", "error_code", "status_code", "grant_id", "keyboard", "health"))
def test_text_under_any_other_name_is_shown(name: str) -> None:
    assert Redaction().fields({name: "needs_reauth"}) == {name: "needs_reauth"}


def test_a_secret_is_not_shown_under_any_name() -> None:
    fields = {"a": Secret(PLANTED), "b": [Secret(PLANTED)], "c": {"d": Secret(PLANTED)}, "e": (1, 2, Secret(PLANTED))}
    shown = json.dumps(Redaction().fields(fields))
    assert shown.count(REDACTED) == 4


@pytest.mark.parametrize(
    "text",
    (
        f"GET https://tiktok.example/oauth2/advertiser/get/?app_id=1&secret={PLANTED} 200",
        f'HTTP Request: GET https://tiktok.example/get/?secret={PLANTED} "HTTP/1.1 200 OK"',
        f"/api/auth/tiktok/callback?auth_code={PLANTED}&state={PLANTED}",
        f"'GET /callback?code={PLANTED} HTTP/1.1' 307",
        f"postgresql://user:{PLANTED}@db.example/x",
        f"redis://:{PLANTED}@redis.example:6379/0",
        f"Authorization: Bearer {PLANTED}",
        f"authorization: basic {PLANTED}",
        f"Cookie: theme=dark; other={PLANTED}",
        f"Access-Token: {PLANTED}",
        f"body was {{'refresh_token': '{PLANTED}', 'grant_type': 'refresh_token'}}",
        f'{{"access_token": "{PLANTED}"}}',
        f'{{"app_secret":"{PLANTED}"}}',
        f"secret={PLANTED}",
        f"[('access-token', '{PLANTED}'), (b'access-token', b'{PLANTED}')]",
        repr(Answer(access_token=PLANTED, scope="all")),
    ),
)
def test_what_looks_like_a_secret_in_text_is_taken_out(text: str) -> None:
    shown = Redaction().text(text)
    assert PLANTED not in shown
    assert REDACTED in shown


def test_a_jwt_is_taken_out_wherever_it_stands() -> None:
    assert Redaction().text(f"decoding {JWT} failed") == f"decoding {REDACTED} failed"
    assert "eyJ" not in Redaction().text("cookie eyJhbGciOiJkaXIifQ..iv.cipher-text.tag_ refused")


def test_a_known_secret_is_taken_out_of_any_text_and_name() -> None:
    redaction = Redaction([Secret(""), Secret("abc-known-secret"), Secret("abc-known-secret-longer.*")])
    assert redaction.text("it was abc-known-secret-longer.* or abc-known-secret!") == f"it was {REDACTED} or {REDACTED}!"
    assert redaction.fields({"at abc-known-secret": 1}) == {f"at {REDACTED}": 1}
    assert redaction.text("nothing to see") == "nothing to see"


@pytest.mark.parametrize(
    "text",
    (
        "bearer token expired, early, or for somebody else",
        "session cookie not made with our secrets",
        "really? yes",
        "TOKEN_ENCRYPTION_KEYS is required (make one with: tiktok-connect keys generate)",
        "https://business-api.tiktok.com/open_api/v1.3/oauth2/refresh_token/",
        "refused with code=40105",
        "Invalid value for '--access-token-seconds': 5 is not in the range 10<=x<=86400.",
    ),
)
def test_ordinary_sentences_stay_as_they_are(text: str) -> None:
    assert Redaction().text(text) == text


def test_other_values_become_text() -> None:
    fields = {"id": UUID(int=7), "path": Path("/x"), "mode": Mode.ON, "error": ValueError(f"secret={PLANTED}"), "set": {1}}
    assert Redaction().fields(fields) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "path": "/x",
        "mode": "<Mode.ON: 'on'>",
        "error": f"ValueError('secret={REDACTED}')",
        "set": [1],
    }


def test_endless_nesting_is_cut() -> None:
    loop: list[object] = []
    loop.append(loop)
    assert REDACTED in json.dumps(Redaction().fields({"loop": loop}))


@pytest.mark.parametrize(
    "value", ["X" * 900_000, ["X" * 10] * 100_000, {str(n): n for n in range(100_000)}, ("X", "X" * 900_000)]
)
def test_a_log_field_has_a_longest_length(value: object) -> None:
    assert len(json.dumps(Redaction().fields({"name": value}))) < 20_000


def test_a_secret_in_the_middle_of_a_long_text_is_no_less_taken_out() -> None:
    text = Redaction([Secret("a-known-secret")]).text("X" * 15_995 + " a-known-secret" + "X" * 900_000)
    assert "a-kn" not in text


@pytest.mark.parametrize("before", range(15_900, 16_100, 7))
def test_a_secret_that_the_cut_halves_is_not_shown_in_part(before: int) -> None:
    known, text = Secret("K" * 90), "x" * 90 + " " + "K" * 90 + f" Bearer {PLANTED} {JWT} "
    shown = Redaction([known]).text("://u:p@" * 20 + " " * (before - 160) + text + " " * 900_000)
    assert "K" not in shown
    assert PLANTED[:3] not in shown
    assert "eyJ" not in shown


@pytest.mark.parametrize("word", ("a" * 500 + "token", "refresh_token" + "-a" * 300, "token-seconds-" * 50 + "token"))
def test_a_long_name_is_no_hiding_place(word: str) -> None:
    assert PLANTED not in Redaction().text(f"{word}={PLANTED}")


def test_a_name_from_outside_shows_nothing() -> None:
    assert Redaction().fields({"x" * 201: PLANTED}) == {"x" * 201: REDACTED}


def test_long_text_takes_no_long_time() -> None:
    began = time.process_time()
    for piece in ("token", "a", "?a", "://", '"token', "Bearer ", "eyJ", "cookie:", "token="):
        Redaction().text(piece * (50_000 // len(piece)))
    assert time.process_time() - began < 0.5
