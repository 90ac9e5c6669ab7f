from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from application.ports.webhook_queue import DeadLetter
from application.ports.webhook_receiver import Taken
from domain.ids import GrantId
from domain.webhook_payloads import WebhookMessage
from entrypoints.cli.doctor import webhook_findings
from entrypoints.cli.events import row_of
from entrypoints.container import Container
from entrypoints.testing import application_over_memory
from support.deployment import deployment

NOW = datetime(2030, 1, 2, 12, tzinfo=UTC)


class Receiver:
    """One that is there, or at an address that nothing is sent to."""

    configured = True

    def __init__(self, *, wrong: str = "") -> None:
        self._wrong = wrong

    def send(self, message: str, body: str, *, attempt: int) -> Taken:
        return Taken()

    def check(self) -> None:
        if self._wrong:
            raise OSError(self._wrong)


def message(position: int) -> WebhookMessage:
    return WebhookMessage(f"evt_{position}", "tokens.rotated", GrantId(f"grant-{position}"), position, 1, NOW, '{"secret":1}')


def lines(container: Container, *, stored: bool = True) -> list[str]:
    return [str(finding) for finding in webhook_findings(container, stored=stored)]


def test_a_dead_letter_is_shown_without_what_it_says() -> None:
    shown = row_of(DeadLetter(message(7), 23, NOW))
    assert shown == {
        "id": "evt_7",
        "type": "tokens.rotated",
        "grant": "grant-7",
        "at": "2030-01-02T12:00:00Z",
        "givenUpAt": "2030-01-02T12:00:00Z",
        "attempts": 23,
    }


def test_doctor_says_nothing_of_webhooks_where_there_is_no_receiver() -> None:
    assert lines(application_over_memory().container) == []


def test_doctor_tells_what_waits_for_the_receiver() -> None:
    product = application_over_memory(webhook_receiver=Receiver())
    assert lines(product.container) == ["ok    webhooks       0 wait, 0 were given up"]
    product.container.webhook_queue().add("webhooks", [message(1)], position=1)
    product.clock.advance(timedelta(minutes=61))
    [late] = lines(product.container)
    assert late.startswith("warn  webhooks       1 wait, 0 were given up; the oldest for over an hour")
    [unread] = lines(product.container, stored=False)
    assert unread.startswith("ok")


def test_doctor_fails_for_an_address_that_nothing_is_sent_to() -> None:
    product = application_over_memory(webhook_receiver=Receiver(wrong="its name leads to a private address"))
    assert lines(product.container) == [
        "FAIL  webhooks       can't be delivered (its name leads to a private address): see WEBHOOK_URL"
    ]


def test_the_commands_say_what_to_set_where_there_is_no_receiver_and_with_one_they_queue_and_list(tmp_path: Path) -> None:
    receiver = {"WEBHOOK_URL": "https://receiver.example/", "WEBHOOK_SECRETS": f"whsec_{'bmV3' * 8}"}
    with deployment(tmp_path) as here:
        here.connect()
        without = here.run("events", "dead")
        here.environ.update(receiver)
        dead, again, wrong = (here.run("events", *words) for words in (("dead",), ("replay", "--since", "1h"), ("replay",)))
    assert without.returncode == 1
    assert without.stderr == "tiktok-connect: there is no receiver of webhooks: set WEBHOOK_URL and WEBHOOK_SECRETS\n"
    assert (dead.returncode, dead.stdout) == (0, "0 given up\n")
    assert again.returncode == 0
    assert re.fullmatch(r"[1-9]\d* messages since .* UTC are sent again\n", again.stdout)
    assert wrong.returncode == 2
