from __future__ import annotations

import inspect
import logging
from datetime import timedelta

import pytest

from domain import errors
from domain.consent import ConsentFailure
from domain.errors import Refusal
from domain.outcomes import Reason
from entrypoints.http import error_codes_and_sentences as codes
from entrypoints.http import problems
from entrypoints.http.exception_to_error_code import CONSENT_FAILURE_CODES, ERRORS, REAUTHORISATION, DoorRefusal, code_of, wait_of
from support.http_application import House


def leaves(root: type[Exception], module: object) -> set[type[Exception]]:
    """The errors of a module that nobody inherits from."""
    kinds = {kind for _, kind in inspect.getmembers(module, inspect.isclass) if issubclass(kind, root)}
    return {kind for kind in kinds if not kind.__subclasses__()}


def test_no_error_is_missing_from_the_table() -> None:
    assert leaves(Refusal, errors) - ERRORS.keys() == set()
    assert leaves(DoorRefusal, problems) - ERRORS.keys() == set()
    assert set(Reason) == set(REAUTHORISATION)
    assert set(ConsentFailure) == set(CONSENT_FAILURE_CODES)


def test_every_sentence_is_for_people() -> None:
    assert len(codes.SENTENCES) == len(codes.ALL) >= 28
    for name, sentence in codes.SENTENCES.items():
        assert "%" not in sentence, name
        assert sentence.endswith("."), name
        assert 20 < len(sentence) < 140, name
        assert sentence.count(". ") >= 1, f"{name} says what happened, not what to do"


def test_an_unknown_error_is_internal() -> None:
    assert code_of(RuntimeError("a secret")) is codes.INTERNAL


def test_waiting_helps_where_the_error_says_so_and_with_every_503() -> None:
    assert wait_of(errors.PlatformThrottled(timedelta(minutes=5))) == timedelta(minutes=5)
    assert wait_of(errors.StoreUnavailable()) == timedelta(seconds=5)
    assert wait_of(errors.CannotOpen("moved")) == timedelta(seconds=5)
    assert wait_of(errors.ConnectionNotFound()) is None


@pytest.mark.parametrize(("wait", "seconds"), ((0.0, "1"), (0.2, "1"), (4.1, "5"), (300.0, "300")))
def test_retry_after_is_in_whole_seconds_and_never_too_early(wait: float, seconds: str) -> None:
    answer = problems.problem(codes.THROTTLED, wait=timedelta(seconds=wait))
    assert answer.headers["Retry-After"] == seconds


def test_an_unknown_path_is_a_problem(house: House) -> None:
    answer = house.get("/api/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


def test_a_method_that_is_not_allowed_says_which_are(house: House) -> None:
    answer = house.client.put("/api/platforms", headers=house.headers())
    assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "GET" in answer.headers["allow"]


def test_a_body_that_is_too_large_is_refused(house: House) -> None:
    body = {"pendingTokenId": "x" * 600_000, "accountId": "7"}
    answer = house.post("/api/auth/tiktok/select-account", body)
    assert (answer.status_code, answer.json()["code"]) == (413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize("body", (b"", b"{", b"null", b"[]", b"7", b"\xff{}", b'{"connectionId": 7}', b'{"other": "x"}'))
def test_a_body_that_is_no_such_json_is_an_invalid_request(house: House, body: bytes) -> None:
    answer = house.post("/api/auth/tiktok/refresh", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert answer.json()["detail"] != answer.json()["error"], "developers are told what is wrong"


@pytest.mark.parametrize("kind", ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""))
def test_a_body_that_does_not_say_that_it_is_json_is_an_invalid_request(house: House, kind: str) -> None:
    headers = house.headers() | {"Content-Type": kind}
    answer = house.client.post("/api/auth/tiktok/refresh", content=b'{"connectionId": "7"}', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


def test_who_is_not_signed_in_hears_that_before_anything_about_the_body(house: House) -> None:
    assert house.post("/api/auth/tiktok/refresh", b"{", owner=None).status_code == 401


def test_an_unforeseen_error_tells_nothing(house: House) -> None:
    def fail(*_: object, **__: object) -> None:
        message = "a secret of ours"
        raise RuntimeError(message)

    house.container.list_connections.override(fail)
    answer = house.get("/api/platforms")
    assert (answer.status_code, answer.json()["code"]) == (500, "INTERNAL")
    assert "a secret of ours" not in answer.text


def test_why_nobody_is_let_in_is_in_the_log_alone(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "entrypoints.http.problems")
    answer = house.get("/api/platforms", Authorization="Basic bmFtZTpwYXNzd29yZA==")
    assert (answer.status_code, "bearer" in answer.text) == (401, False)
    ours = [record for record in caplog.records if record.name == "entrypoints.http.problems"]
    assert [record.__dict__["because"] for record in ours] == ["Authorization header that is no bearer token"]
