"""Messages that wait for the receiver of webhooks, and those that were given up."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0037"
oldest_program = "0005"

NEXT = sa.text("due_at IS NOT NULL")
WAITING = sa.text("given_up_at IS NULL")
DEAD = sa.text("given_up_at IS NOT NULL")


def upgrade() -> None:
    sequence = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "webhook_messages",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("grant_id", sa.Text(), nullable=False),
        sa.Column("position", sequence, nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("given_up_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_webhook_messages"),
    )
    for name, columns, condition in (
        ("due", ["due_at"], NEXT),
        ("waiting", ["grant_id", "position", "part"], WAITING),
        ("queued", ["queued_at"], WAITING),
        ("given_up", ["given_up_at"], DEAD),
    ):
        op.create_index(
            f"ix_webhook_messages_{name}", "webhook_messages", columns, sqlite_where=condition, postgresql_where=condition
        )


def downgrade() -> None:
    for name in ("given_up", "queued", "waiting", "due"):
        op.drop_index(f"ix_webhook_messages_{name}", "webhook_messages")
    op.drop_table("webhook_messages")
