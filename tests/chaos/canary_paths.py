"""Every path that secrets take through a deployment, failures included, by processes that log for debugging."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import OctKey

from adapters.tiktok_simulator.planned_answers import PlannedAnswer
from chaos.canaries import Canaries
from chaos.canary_places import command_lines
from support.deployment import Deployment
from support.processes import eventually

EXCHANGE, REFRESH = "/oauth2/access_token/", "/oauth2/refresh_token/"
VEND = "/api/internal/tiktok/access-token"
CALLBACK = "/api/auth/tiktok/callback"
LIFE = timedelta(days=2)


@dataclass
class Keys:
    """The secrets of the settings."""

    app_secret: str
    jwt: str
    service: str
    cron: str
    metrics: str


@dataclass
class Paths:
    """What people, services and operators do. All that they are answered is kept, but what is theirs to know."""

    here: Deployment
    canaries: Canaries
    keys: Keys
    kept: dict[str, bytes] = field(default_factory=dict)

    def note(self, place: str, content: str | bytes) -> None:
        told = content.encode() if isinstance(content, str) else content
        self.kept[place] = self.kept.get(place, b"") + b"\n" + told

    def bearer(self, user: str) -> str:
        ends = int((self.here.container.clock().now() + LIFE).timestamp())
        key = OctKey.import_key(self.keys.jwt)
        return self.canaries.add(f"session of {user}", jwt.encode({"alg": "HS256"}, {"sub": user, "exp": ends}, key))

    @contextmanager
    def person(self, user: str) -> Iterator[Person]:
        headers = {"Authorization": f"Bearer {self.bearer(user)}"}
        with httpx.Client(base_url=self.here.address, headers=headers, timeout=60) as client:
            yield Person(self, client)

    def ask(self, client: httpx.Client, method: str, path: str, *, theirs: bool = False, **more: Any) -> httpx.Response:
        """The answer, with its head and body kept. `theirs`: whoever asks is to learn a secret from it."""
        answer = client.request(method, path, **more)
        if not theirs:
            self.note(f"answers to {method} {urlsplit(path).path}", f"{answer.status_code} {answer.headers}\n{answer.text}")
        return answer

    def vend(self, **wanted: str) -> httpx.Response:
        with httpx.Client(base_url=self.here.address, timeout=60) as client:
            headers = {"Authorization": f"Bearer {self.keys.service}"}
            answer = client.post(VEND, json=wanted, headers=headers)
        if answer.status_code != 200:
            self.note(f"answers to POST {VEND}", f"{answer.headers}\n{answer.text}")
        return answer

    def run(self, *arguments: str, shows_a_secret: bool = False) -> int:
        """A command, for debugging: what it prints is kept, stdout only if it is no secret's."""
        ended = self.here.run("--debug", *arguments)
        self.note(f"stderr of {arguments[0]}", ended.stderr)
        if not shows_a_secret:
            self.note(f"stdout of {arguments[0]}", ended.stdout)
        return ended.returncode

    def look_at_command_lines(self) -> None:
        self.note("command lines", command_lines())

    # what TikTok answers badly, with secrets in it

    def bad_answers(self) -> Iterator[tuple[str, PlannedAnswer]]:
        """By name, for the exchange and for the refresh."""
        tokens = {
            "access_token": self.canaries.add("access token of a bad answer", "act.CanaryOfAnAnswerThatNobodyReads!5308.va"),
            "refresh_token": self.canaries.add("refresh token of a bad answer", "rft.CanaryOfAnAnswerThatNobodyReads!5339.va"),
            "advertiser_ids": ["7"],
        }
        good = json.dumps({"code": 0, "message": "OK", "data": tokens})
        page = f"<html>{tokens['access_token']} {tokens['refresh_token']}</html>"
        location = {"Location": f"http://127.0.0.1:1/?token={tokens['access_token']}"}

        def answer(**how: Any) -> PlannedAnswer:
            return PlannedAnswer(path=EXCHANGE, **how)

        yield "a server error", answer(status=500, body_text=good.replace('"code": 0', '"code": 50000'))
        yield "cut off", answer(body_text=good[:-12])
        yield "tokens in lists", answer(body={"code": 0, "data": {name: [value] for name, value in tokens.items()}})
        yield "a page", answer(status=502, body_text=page)
        yield "an unknown code", answer(body={"code": 49_999, "message": good, "data": tokens, "request_id": "r"})
        yield "a redirect", answer(status=302, headers=location, body_text=page)
        yield "no tokens where they belong", answer(body={"code": 0, "data": {"token": tokens}})
        yield "a byte order mark in the middle", answer(body_text="\ufeff" + good[:-3] + "\ufeff")


@dataclass(frozen=True)
class Person:
    """Somebody at the dashboard."""

    paths: Paths
    client: httpx.Client

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.paths.ask(self.client, method, path, **more)

    def begin(self) -> str:
        """The state, of which this person's address bar knows."""
        begun = self.ask("GET", "/api/auth/tiktok", theirs=True)
        assert begun.status_code == 307, begun.text
        [state] = parse_qs(urlsplit(begun.headers["location"]).query)["state"]
        return self.paths.canaries.add("state", state)

    def come_back(self, **query: str) -> dict[str, list[str]]:
        """Where the callback sends to."""
        answer = self.ask("GET", CALLBACK, params=query)
        assert answer.status_code == 307, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)

    def consent(self, user: str) -> dict[str, list[str]]:
        return self.come_back(state=self.begin(), auth_code=self.paths.here.tiktok.control.code(user))

    def connection(self) -> str:
        [first, *_] = self.ask("GET", "/api/platforms").json()["connections"]
        return str(first["id"])

    def refresh(self, connection: str) -> int:
        return self.ask("POST", "/api/auth/tiktok/refresh", json={"connectionId": connection}).status_code

    def refresh_until(self, status: int, connection: str) -> None:
        """Again while the worker's own refresh is waited for."""
        eventually(lambda: self.refresh(connection) == status, within=60)
