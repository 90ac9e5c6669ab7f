"""What an operator is told of a database that can't be used: one remedy for each fault."""

from domain.errors import StoreFault, StoreUnavailable

USUAL_REMEDY = "see that it runs and that DATABASE_URL is right"

REMEDIES = {
    StoreFault.CONNECTION_REFUSED: "see that it runs, and that DATABASE_URL has the right host and port",
    StoreFault.NO_SUCH_HOST: "see that the host in DATABASE_URL is right",
    StoreFault.NO_SUCH_DATABASE: "create it, or correct its name in DATABASE_URL",
    StoreFault.LOGIN_REFUSED: "see that DATABASE_URL has the right user and password, and that pg_hba.conf lets them in",
    StoreFault.TLS: "set sslmode in DATABASE_URL as the server has it (require, or verify-full with sslrootcert)",
    StoreFault.UNKNOWN_PARAMETER: "leave out of DATABASE_URL what is no parameter of libpq, PostgreSQL's own library",
    StoreFault.STARTUP_REFUSED: "leave `options` out of DATABASE_URL: poolers refuse it, and others check what it says",
    StoreFault.TOO_MANY_CONNECTIONS: "lower DATABASE_POOL_SIZE or the number of processes, or raise max_connections; "
    "docs/production.md has the sum",
    StoreFault.POOL_EXHAUSTED: "raise DATABASE_POOL_SIZE, or see what makes the database so slow",
    StoreFault.POOLER: "see that PostgreSQL runs behind the pooler, and that the pooler has connections to it",
    StoreFault.STATEMENT_POOLING: "let the pooler pool transactions (pool_mode = transaction)",
    StoreFault.LOCKED: "see in pg_stat_activity who does (a dump, a transaction that is open for long), and try again",
    StoreFault.TIMEOUT: "see that it can be reached and is not overloaded",
    StoreFault.READ_ONLY: "see that DATABASE_URL leads to the primary, and that it takes changes",
    StoreFault.FULL: "make room on its disk",
    StoreFault.NOT_PERMITTED: "as its owner, GRANT USAGE, CREATE ON SCHEMA public TO the user in DATABASE_URL "
    "(since PostgreSQL 15 nobody has CREATE there by default)",
    StoreFault.NO_SCHEMA: "see that search_path names a schema that exists and that the user in DATABASE_URL may use",
    StoreFault.NOT_UTF8: "create one WITH ENCODING 'UTF8' TEMPLATE template0, and copy into it what there is",
}


def database_sentence(unavailable: StoreUnavailable) -> str:
    """What is wrong, and what to do about it."""
    remedy = REMEDIES[unavailable.fault] if unavailable.fault else USUAL_REMEDY
    return f"can't be used ({' '.join(str(unavailable).split())}): {remedy}"
