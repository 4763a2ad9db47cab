"""Is the process alive, and is the hub ready? For supervisors and load balancers, without login."""

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.exceptions import RedisError

from csms.domain.errors import StoreUnavailable
from csms.store.engine import outage_named
from csms.store.heartbeat import Heartbeat, all_heartbeats, numbered, real_now
from web.auth import Public
from web.hub import Hub, TheHub
from web.store import sites

router = APIRouter(prefix="/health", tags=["health"], dependencies=[Public])
log = structlog.get_logger(__name__)

DATABASE_WITHIN_S: Final = 2.0
VALKEY_WITHIN_S: Final = 0.5
FRESH: Final = timedelta(seconds=10)
OK: Final = "ok"


class Live(BaseModel):
    """The event loop of this process turns."""

    status: str = OK


class Readiness(BaseModel):
    """`checks`: database, valkey, csms, worker and controllers: "ok", or what is wrong. Anybody may
    ask, so it names no site; `GET /processes` does."""

    status: str
    checks: dict[str, str]


@router.get("/live", summary="Alive")
async def live() -> Live:
    """200 while this process answers at all."""
    return Live()


@router.get(
    "/ready",
    summary="Ready",
    response_model=Readiness,
    responses={503: {"description": "Not ready; `checks` says what is wrong", "model": Readiness}},
)
async def ready(hub: TheHub) -> JSONResponse:
    """200 when every check is "ok"; each process proves itself by a round trip to the database."""
    processes, valkey = await asyncio.gather(check_processes(hub), check_valkey(hub))
    checks = {"valkey": valkey} | processes
    good = all(value == OK for value in checks.values())
    body = Readiness(status=OK if good else "not ready", checks=checks)
    headers = {} if good else {"Retry-After": "2"}
    return JSONResponse(body.model_dump(), 200 if good else 503, headers=headers)


async def check_valkey(hub: Hub) -> str:
    """A ping within half a second, on a connection of its own."""
    client = Redis.from_url(hub.settings.redis_url, socket_connect_timeout=VALKEY_WITHIN_S)
    try:
        async with asyncio.timeout(VALKEY_WITHIN_S):
            await client.ping()
    except (RedisError, OSError, TimeoutError) as error:
        return f"away ({type(error).__name__})"
    finally:
        await client.aclose()
    return OK


async def check_processes(hub: Hub) -> dict[str, str]:
    """The database, and the signs of life it holds."""
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S):
            with outage_named():
                async with hub.engine.connect() as conn:
                    beats, now = await all_heartbeats(conn), await real_now(conn)
                    site_ids = await sites.ids(conn)
    except (StoreUnavailable, TimeoutError) as error:
        return {"database": f"away ({error or 'no answer in time'})"} | dict.fromkeys(
            ("csms", "worker", "controllers"), "not known while the database is away"
        )
    controllers = [freshness(led_at(site_id, beats), now) for site_id in site_ids]
    workers = signs_of_life(beats, numbered("worker", hub.settings.worker_processes), now)
    return {
        "database": OK,
        **signs_of_life(beats, ["csms"], now),
        "worker": together(list(workers.values())) if len(workers) > 1 else workers["worker"],
        "controllers": together(controllers),
    }


def together(checks: list[str]) -> str:
    """ "ok" if all of them are, else how many are not."""
    silent = sum(check != OK for check in checks)
    return f"{silent} of {len(checks)} give no sign of life" if silent else OK


def signs_of_life(beats: list[Heartbeat], wanted: list[str], now: datetime) -> dict[str, str]:
    """For each process: "ok" if its sign of life is fresh."""
    last: dict[str, datetime | None] = {beat.process: beat.at for beat in beats}
    last["csms"] = max((beat.at for beat in beats if is_csms(beat.process)), default=None)
    return {name: freshness(last.get(name), now) for name in wanted}


def led_at(site_id: str, beats: list[Heartbeat]) -> datetime | None:
    """The last sign of a controller that leads the site; a standby holds no limit."""
    leaders = (beat.at for beat in beats if beat.detail.get("leads") and is_of(site_id, beat))
    return max(leaders, default=None)


def is_of(site_id: str, beat: Heartbeat) -> bool:
    """Whether it is a controller of the site."""
    return bool(beat.detail.get("site_id") == site_id)


def is_csms(process: str) -> bool:
    """Of several, `csms:1` and so on, one that lives is enough: stations come back to it."""
    return process.partition(":")[0] == "csms"


def freshness(at: datetime | None, now: datetime) -> str:
    """ "ok", or since when there was no sign."""
    if at is None:
        return "no sign of life yet"
    age = now - at
    return OK if age <= FRESH else f"no sign of life for {age.total_seconds():.0f} s"
