"""The processes of the platform and their last signs of life."""

from datetime import datetime
from typing import Any

from csms.store.heartbeat import all_heartbeats, real_now
from web.api.health import OK, freshness
from web.api.models import Answer, Page
from web.api.routing import api_router
from web.auth import Viewer
from web.hub import Transaction

router = api_router("", "processes")


class Process(Answer):
    """A process that ever gave a sign of life; `at` and `age_s` are real time."""

    process: str
    at: datetime
    age_s: float
    alive: bool
    pid: int
    detail: dict[str, Any]


@router.get("/processes", summary="List the processes")
async def list_processes(_: Viewer, work: Transaction) -> Page[Process]:
    """By name, all in one page."""
    now = await real_now(work.conn)
    beats = await all_heartbeats(work.conn)
    return Page(
        items=[
            Process(
                process=beat.process,
                at=beat.at,
                age_s=max(0.0, (now - beat.at).total_seconds()),
                alive=freshness(beat.at, now) == OK,
                pid=beat.pid,
                detail=beat.detail,
            )
            for beat in beats
        ]
    )
