"""How we reach PostgreSQL: one pool for queries, one rule for what counts as "away".

An outage is a connection that cannot be made, broke or timed out, a server that has no room or is
shutting down, or a transaction that had to give way to another: nothing was stored, ask again.
Everything else a statement raises is about the statement and stays as it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import orjson
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from csms.domain.errors import StoreUnavailable

# SQLSTATE classes: connection, transaction rollback, resources, operator intervention, system.
OUTAGE_CLASSES = ("08", "40", "53", "57", "58")
READ_ONLY = "25006"
# What the server rolled back because of others is tried again, once they had time to go on.
CONFLICT_RETRIES, CONFLICT_PAUSE_S = 3, 0.05
CUT_OFF = ("25P03", "25P04")  # silent in its transaction, or too long in it


def make_engine(
    database_url: str,
    *,
    application: str = "v2ghub",
    pool_size: int = 4,
    statement_timeout_s: float = 15.0,
    ping: bool = False,
) -> AsyncEngine:
    """An engine over asyncpg for any spelling of a PostgreSQL URL; it connects when first used.

    A process that is always in its event loop hears at once that a connection ended. `ping` is for
    one that is not: each connection is asked first, in three round trips.
    """
    engine = create_async_engine(
        normalised(database_url),
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=ping,
        json_serializer=dump_json,
        json_deserializer=orjson.loads,
        connect_args={
            "timeout": 10,
            "server_settings": server_settings(application, statement_timeout_s),
        },
    )
    event.listen(engine.sync_engine, "checkout", _not_closed)
    return engine


def _not_closed(connection: Any, *_: object) -> None:
    """A connection that ended while nobody used it: then the others of the pool did, too."""
    if connection.driver_connection.is_closed():
        raise InvalidatePoolError


def normalised(database_url: str) -> URL:
    """`postgresql://…`, `postgres://…?host=/socket`, `…?sslmode=…` → SQLAlchemy on asyncpg."""
    url = make_url(database_url.replace("postgres://", "postgresql://", 1))
    query = {name: value for name, value in url.query.items() if name != "sslmode"}
    if "sslmode" in url.query:
        query["ssl"] = url.query["sslmode"]
    return url.set(drivername="postgresql+asyncpg", query=query)


def server_settings(application: str, statement_timeout_s: float) -> dict[str, str]:
    """What each connection asks of the server: its name, UTC, and an end to every statement."""
    timeout_ms = str(int(statement_timeout_s * 1000))
    return {
        "application_name": application,
        "timezone": "UTC",
        "statement_timeout": timeout_ms,
        "idle_in_transaction_session_timeout": str(4 * int(timeout_ms)),
    }


def dump_json(value: object) -> str:
    """JSON text for a JSONB parameter."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:  # among others for a number that a station wrote with twenty digits
        told = _with_floats(value)
        return orjson.dumps(told, option=orjson.OPT_NON_STR_KEYS).decode()


def _with_floats(value: object) -> object:
    """The same, integers of more than 64 bits as the nearest floats (null: there is none)."""
    match value:
        case int() if not -(2**63) <= value < 2**64:
            return float(str(value))
        case dict():
            return {key: _with_floats(one) for key, one in value.items()}
        case list() | tuple():
            return [_with_floats(one) for one in value]
        case _:
            return value


async def connect(database_url: str, *, application: str) -> asyncpg.Connection:
    """A bare connection for the hot path: durable commits, statements of at most 10 s.

    Raises StoreUnavailable, whatever the reason that there is none.
    """
    url = normalised(database_url)
    arguments: dict[str, Any] = url.translate_connect_args(username="user") | dict(url.query)
    if "port" in arguments:
        arguments["port"] = int(arguments["port"])
    settings = server_settings(application, 10.0) | {"synchronous_commit": "on"}
    try:
        return await asyncpg.connect(**arguments, timeout=5, server_settings=settings)
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreUnavailable(f"no connection: {type(error).__name__}") from error


def is_outage(error: BaseException) -> bool:
    """Whether `error` means that the database is away, rather than that a statement is wrong."""
    if isinstance(error, DBAPIError):
        # Without a statement there was no connection to run one on.
        never_ran = error.statement is None or error.connection_invalidated
        return never_ran or is_outage(error.orig or OSError())
    if isinstance(error, StoreUnavailable | OSError | TimeoutError | PoolTimeout):
        return True
    if isinstance(error, asyncpg.InternalClientError):
        return True  # the server ended the connection in the very moment in which it was asked
    if isinstance(error, asyncpg.InterfaceError):
        return not isinstance(error, ValueError)  # a wrong parameter is a ValueError, too
    state = str(getattr(error, "sqlstate", "") or "")
    return state.startswith(OUTAGE_CLASSES) or state in (READ_ONLY, *CUT_OFF)


@contextmanager
def outage_named() -> Iterator[None]:
    """Turn an outage inside the block into StoreUnavailable."""
    try:
        yield
    except Exception as error:
        if is_outage(error):
            raise StoreUnavailable(type(error).__name__) from error
        raise
