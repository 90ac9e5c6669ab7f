"""What a refusal of the dashboard's database means: that it is unavailable, or that its table does not take a row."""

from psycopg import Error
from sqlalchemy import exc
from sqlalchemy.engine import ExceptionContext

from adapters.postgres import sqlstates
from application.ports.connection_mirror import MirrorUnavailable

CHECK = "`tiktok-connect wab check` names what lacks"


class TableRefuses(MirrorUnavailable):
    """The database answers, and does not take this statement: trying again does not help."""


def translate(context: ExceptionContext) -> MirrorUnavailable | None:
    """A listener for SQLAlchemy's `handle_error`. What it returns is raised instead, and quotes neither values nor addresses."""
    if isinstance(context.original_exception, UnicodeError):
        return TableRefuses("a text of ours can't be encoded")
    if not isinstance(context.sqlalchemy_exception, exc.DBAPIError):
        return None
    error = context.original_exception
    state = getattr(error, "sqlstate", None)
    if state == sqlstates.READ_ONLY:
        context.is_disconnect = context.invalidate_pool_on_disconnect = True  # its server was the primary once
    if state and isinstance(error, Error) and (line := refusal_of(state, error)):
        return TableRefuses(line)
    fault = sqlstates.fault_of(error)
    return MirrorUnavailable(" ".join(filter(None, [type(error).__name__, state, fault and f"({fault.value})"])))


def refusal_of(state: str, error: Error) -> str | None:
    """Why the table does not take a row, with the names of columns and rules alone; None: it is something else."""
    line: str | None
    table, column, rule = error.diag.table_name or "?", error.diag.column_name or "?", error.diag.constraint_name or "?"
    match state:
        case "23502":
            line = f"its column {column} has to be filled, and is not ours to fill: {default_for(table, column)}"
        case "23503" if "user" in rule:
            line = "its owner is no user there"
        case "23503" | "23505" | "23514" | "23P01":
            line = f"the rule {rule} of its table refuses it"
        case "42501" if "row-level security" in (error.diag.message_primary or ""):
            line = f"row-level security refuses it; {CHECK}"
        case "42501":
            line = f"not permitted; {CHECK}"
        case "42703" | "42P01":
            line = f"a table or column is not there; {CHECK}"
        case "44000" | "P0001" | "428C9":
            line = f"a rule or trigger of its table refuses it ({state})"
        case _:
            line = f"a value of ours does not fit ({type(error).__name__}); {CHECK}" if state.startswith("22") else None
    return line


def default_for(table: str, column: str) -> str:
    """The statement by which a column is filled without us."""
    return f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT …"
