from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, insert, select

from adapters.sql import tables
from adapters.sql.database import open_database
from adapters.sql.webhook_queue import ADVISORY_LOCK, SqlWebhookQueue, columns_of
from application.ports.webhook_queue import Attempted, Delivered
from domain.ids import GrantId
from domain.webhook_payloads import WebhookMessage
from support.builders import START

A_MOMENT = 0.3


def message(position: int) -> WebhookMessage:
    return WebhookMessage(f"evt_{position}", "tokens.rotated", GrantId("grant-1"), position, 1, START, "{}")


def test_a_message_that_is_queued_while_the_one_before_it_is_being_settled_is_not_left_behind(migrated_postgres_url: str) -> None:
    """Who settles does not see what another has not committed yet, and so waits for it."""
    database = open_database(migrated_postgres_url)
    queue, lease = SqlWebhookQueue(database), timedelta(minutes=5)
    queue.add("webhooks", [message(1)], position=1)
    [first] = queue.take_due(limit=9, lease=lease)
    with ThreadPoolExecutor(1) as other, database.writing() as adding:
        adding.execute(select(func.pg_advisory_xact_lock(ADVISORY_LOCK)))
        adding.execute(insert(tables.webhook_messages).values(columns_of(message(2), START)))
        settling = other.submit(queue.settle, [Attempted(first, Delivered())])
        time.sleep(A_MOMENT)  # for one that does not wait to be done
        adding.commit()
        settling.result()
    assert [one.message.position for one in queue.take_due(limit=9, lease=lease)] == [2]
    database.dispose()
