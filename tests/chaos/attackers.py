"""Hostile clients as a process: `python -m chaos.attackers DEED PORT`. Its threads ask again as fast as they are answered.

The bearer token comes in ATTACKER_BEARER, the id of a connection of the attacker's own in ATTACKER_CONNECTION. It goes on until
its standard input ends; then it writes as JSON how often each status was answered.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPResponse
from urllib.parse import parse_qs, urlencode, urlsplit

THREADS = 24
CALLBACK = "/api/auth/tiktok/callback"

Ask = Callable[..., HTTPResponse]


def begin(ask: Ask) -> list[HTTPResponse]:
    return [ask("GET", "/api/auth/tiktok")]


def garbage_callback(ask: Ask) -> list[HTTPResponse]:
    """With a code that TikTok never gave, and a state of ours if there is one to be had."""
    begun = ask("GET", "/api/auth/tiktok")
    [state] = parse_qs(urlsplit(begun.headers.get("location") or "").query).get("state", ["made-up"])
    return [begun, ask("GET", f"{CALLBACK}?{urlencode({'state': state, 'auth_code': 'garbage'})}")]


def click(ask: Ask) -> list[HTTPResponse]:
    return [ask("POST", "/api/auth/tiktok/refresh", {"connectionId": os.environ["ATTACKER_CONNECTION"]})]


def vend(ask: Ask) -> list[HTTPResponse]:
    return [ask("POST", "/api/internal/tiktok/access-token", {"connectionId": os.environ["ATTACKER_CONNECTION"]})]


DEEDS: Mapping[str, Callable[[Ask], list[HTTPResponse]]] = {
    "begins": begin,
    "callbacks": garbage_callback,
    "clicks": click,
    "vends": vend,
}


def attack(deed: Callable[[Ask], list[HTTPResponse]], port: int, over: threading.Event, told: Counter[int]) -> None:
    """One thread, over one connection that stays open."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    bearer = {"Authorization": f"Bearer {os.environ['ATTACKER_BEARER']}"}

    def ask(method: str, path: str, body: object = None) -> HTTPResponse:
        headers = bearer if body is None else {**bearer, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        return answer

    while not over.is_set():
        told.update(answer.status for answer in deed(ask))
    connection.close()


def main(deed: str, port: str) -> None:
    over, counts = threading.Event(), [Counter[int]() for _ in range(THREADS)]
    threads = [threading.Thread(target=attack, args=(DEEDS[deed], int(port), over, told)) for told in counts]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    over.set()
    for thread in threads:
        thread.join()
    json.dump(sum(counts, Counter[int]()), sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
