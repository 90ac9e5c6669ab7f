from __future__ import annotations

import io
import json
import logging
import os
import time
import warnings
from typing import Any

import httpx
import pytest
import structlog

from domain.tokens import Secret
from entrypoints.telemetry.logs import MAX_LINE, configure_logging
from entrypoints.telemetry.redaction import REDACTED

PLANTED = "pl4nted-s3cret-value"

pytestmark = pytest.mark.usefixtures("logging_as_it_was")


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_our_lines_and_those_of_libraries_come_out_as_json() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("ours").info("rotated", extra={"grant_id": "g1", "generation": 2})
    logging.getLogger("theirs").warning("odd %s", "thing", extra={"attempt": 3})
    ours, theirs = lines(stream)
    assert ours.pop("at").endswith("Z")
    assert ours.pop("pid") == theirs.pop("pid") == os.getpid()
    assert ours == {"event": "rotated", "grant_id": "g1", "generation": 2, "level": "info", "logger": "ours"}
    assert theirs.pop("at").endswith("Z")
    assert theirs == {"event": "odd thing", "attempt": 3, "level": "warning", "logger": "theirs"}


def test_a_terminal_gets_readable_lines() -> None:
    stream = Terminal()
    configure_logging(stream=stream)
    logging.getLogger("ours").info("rotated", extra={"access_token": PLANTED})
    assert "rotated" in stream.getvalue()
    assert not stream.getvalue().startswith("{")
    assert PLANTED not in stream.getvalue()


@pytest.mark.parametrize("stream", (io.StringIO, Terminal), ids=("JSON", "terminal"))
def test_a_planted_secret_comes_out_nowhere(stream: type[io.StringIO]) -> None:
    out = stream()
    configure_logging(debug=True, stream=out, secrets=[Secret(PLANTED)])
    ours, theirs = logging.getLogger("ours"), logging.getLogger("theirs")
    ours.info(f"sending {PLANTED}", extra={"anything": PLANTED, "nested": {"list": [PLANTED]}, "typed": Secret(PLANTED)})
    ours.info("positional %s", PLANTED)
    theirs.info("arguments %s %r", PLANTED, {"key": PLANTED})
    theirs.info("extra", extra={"field": PLANTED})
    structlog.contextvars.bind_contextvars(request=PLANTED)
    try:
        raise ValueError(PLANTED)
    except ValueError:
        ours.exception("failed")
        theirs.exception("failed")
    finally:
        structlog.contextvars.clear_contextvars()
    assert out.getvalue().count("ValueError") >= 2
    assert out.getvalue().count(REDACTED) >= 10
    assert PLANTED not in out.getvalue()


@pytest.mark.parametrize("stream", (io.StringIO, Terminal), ids=("JSON", "terminal"))
def test_a_traceback_shows_no_local_variables(stream: type[io.StringIO]) -> None:
    out = stream()
    configure_logging(stream=out)
    hidden = str(object())
    try:
        int("x")
    except ValueError:
        logging.getLogger().exception("failed")
    assert "Traceback" in out.getvalue()
    assert hidden not in out.getvalue()


def test_the_http_client_does_not_log_urls_even_for_debugging() -> None:
    stream = io.StringIO()
    configure_logging(debug=True, stream=stream)
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        client.get("https://tiktok.example/get/", params={"secret": PLANTED})
    assert stream.getvalue() == ""
    logging.getLogger("httpx").warning("GET https://tiktok.example/get/?secret=%s", PLANTED)
    assert PLANTED not in stream.getvalue()


def test_uvicorns_access_lines_are_off_and_its_others_come_through_us(capsys: pytest.CaptureFixture[str]) -> None:
    theirs = logging.getLogger("uvicorn.error")
    theirs.addHandler(logging.NullHandler())
    stream = io.StringIO()
    configure_logging(debug=True, stream=stream)
    logging.getLogger("uvicorn.access").critical("GET /callback?code=%s", PLANTED)
    theirs.info("started")
    assert [line["event"] for line in lines(stream)] == ["started"]
    assert theirs.handlers == []
    assert capsys.readouterr().err == ""


def test_debug_lines_appear_only_on_request() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("ours").debug("detail")
    logging.getLogger("theirs").debug("detail")
    assert stream.getvalue() == ""
    configure_logging(debug=True, stream=stream)
    logging.getLogger("ours").debug("detail")
    assert [line["event"] for line in lines(stream)] == ["detail"]


def test_configuring_again_replaces_the_first_configuration() -> None:
    first, second = io.StringIO(), io.StringIO()
    configure_logging(stream=first)
    configure_logging(stream=second)
    logging.getLogger("ours").info("once")
    assert first.getvalue() == ""
    assert len(lines(second)) == 1


def test_a_line_that_cannot_be_written_is_replaced_without_its_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("theirs").info("a number: %d", PLANTED)
    assert stream.getvalue().startswith("a log line of theirs could not be written (test_logs:")
    assert PLANTED not in stream.getvalue() + capsys.readouterr().err


def test_warnings_are_log_lines_too() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=False)
        logging.captureWarnings(capture=True)
        warnings.warn(f"deprecated: secret={PLANTED}", stacklevel=1)
    (line,) = lines(stream)
    assert line["logger"] == "py.warnings"
    assert PLANTED not in stream.getvalue()


@pytest.mark.parametrize("terminal", (False, True))
@pytest.mark.parametrize(
    "value",
    (
        pytest.param("X" * 900_000, id="long"),
        pytest.param("\0" * 900_000, id="escaped"),
        pytest.param(["X" * 900] * 1_000, id="list"),
        pytest.param({str(n): "X" * 900 for n in range(1_000)}, id="mapping"),
        pytest.param([[["\0" * 999] * 99] * 99] * 99, id="nested"),
        pytest.param([[[1] * 99] * 99] * 99, id="numbers"),
        pytest.param({"X" * 900_000: 1}, id="name"),
    ),
)
def test_a_line_has_a_longest_length(value: object, *, terminal: bool) -> None:
    stream = Terminal() if terminal else io.StringIO()
    configure_logging(stream=stream)
    began = time.process_time()
    logging.getLogger("ours").info("odd", extra={"generation": 2} | {f"value_{n}": value for n in range(40)})
    assert time.process_time() - began < 0.5
    assert len(stream.getvalue()) <= MAX_LINE + len("\n")
    if not terminal:
        [line] = lines(stream)
        assert (line["event"], line["generation"]) == ("odd", 2)


def test_a_traceback_of_a_hostile_text_has_a_longest_length_too() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    try:
        raise ValueError("token" * 100_000)
    except ValueError:
        logging.getLogger("ours").exception("an unforeseen error")
    assert len(stream.getvalue()) <= MAX_LINE + len("\n")
    assert "Traceback" in lines(stream)[0]["exception"]


def test_one_incident_is_one_alarm(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    for because in ("one", "two", "three"):
        logging.getLogger("ours").critical("the app is refused", extra={"because": because})
    logging.getLogger("ours").critical("something else")
    later = time.monotonic() + 601
    monkeypatch.setattr(time, "monotonic", lambda: later)
    logging.getLogger("ours").critical("the app is refused")
    assert [line["level"] for line in lines(stream)] == ["critical", "error", "error", "critical", "critical"]


def test_colours_for_terminals_are_left_out() -> None:
    stream = io.StringIO()
    configure_logging(stream=stream)
    logging.getLogger("uvicorn.error").info("Started", extra={"color_message": "\u001b[36mStarted"})
    assert "color_message" not in lines(stream)[0]
