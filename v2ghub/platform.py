"""The processes of the platform: one table of commands, here and in docker/compose.yml alike."""

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from csms.clock import MONOTONIC_EPOCH, SITE_EPOCH, SPEED, Clock
from csms.store.heartbeat import numbered
from v2ghub.embedded import Engine
from v2ghub.process import ProcessSpec
from v2ghub.settings import LocalSettings
from v2ghub.signs import Signs

CELERY = ("python", "-m", "celery", "-A")
WORKER = (
    *CELERY, "scheduler.worker", "worker", "--loglevel=INFO", "--concurrency=2",
    "--without-gossip", "--without-mingle",
)  # fmt: skip


def commands(
    site_ids: Sequence[str],
    csms_processes: int = 1,
    worker_processes: int = 1,
    controller_processes: int = 1,
) -> dict[str, tuple[str, ...]]:
    """Name → command of every process of the platform; `python` stands for ours."""
    return {
        **dict.fromkeys(numbered("csms", csms_processes), ("python", "-m", "csms")),
        "web": ("python", "-m", "web"),
        **dict.fromkeys(numbered("worker", worker_processes), WORKER),
        "beat": (*CELERY, "scheduler.beat", "beat", "--loglevel=INFO", "--pidfile="),
        **{
            name: ("python", "-m", "scheduler.controller", site_id)
            for site_id in site_ids
            for name in numbered(f"controller:{site_id}", controller_processes)
        },
    }


def of_its_own(process: str) -> dict[str, str]:
    """What a process is told that others are not: one of several holds connections or beats under
    its own name in all its lives, or plans the sites of its number."""
    kind, _, number = process.partition(":")
    if kind in ("csms", "controller"):
        return {f"V2GHUB_{kind.upper()}_NAME": process}
    return {"V2GHUB_WORKER_NUMBER": number or "1"} if kind == "worker" else {}


def environment(
    settings: LocalSettings, state_dir: Path, secret: str, clock: Clock, urls: tuple[str, str]
) -> dict[str, str]:
    """What every process of the hub is told; `urls` are PostgreSQL's and Valkey's."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in (SPEED, SITE_EPOCH, MONOTONIC_EPOCH)
    }
    return {
        "OPENBLAS_NUM_THREADS": "1",  # its threads would wait for cores that other processes have
        **inherited,
        "PYTHONUNBUFFERED": "1",
        "V2GHUB_DATABASE_URL": urls[0],
        "V2GHUB_REDIS_URL": urls[1],
        "V2GHUB_SECRET": secret,
        "V2GHUB_STATE_DIR": str(state_dir),
        "V2GHUB_OCPP_HOST": settings.ocpp_host,
        "V2GHUB_OCPP_PORT": str(settings.ocpp_port),
        "V2GHUB_OCPP_PORT_SHARED": str(settings.csms_processes > 1),
        "V2GHUB_WORKER_PROCESSES": str(settings.worker_processes),
        "V2GHUB_WEB_HOST": settings.web_host,
        "V2GHUB_WEB_PORT": str(settings.web_port),
        **clock.environment(),
    }


def engine_spec(engine: Engine) -> ProcessSpec:
    """An embedded engine as a process."""

    async def answers(_started_at: datetime) -> bool:
        return await engine.is_ready()

    return ProcessSpec(
        name=engine.name,
        command=tuple(engine.command()),
        environment=engine.environment(),
        ready=answers,
        prepare=engine.prepare,
        stop_signal=engine.stop_signal,
        user=engine.user,
        grace_s=20.0,
    )


def platform_specs(
    table: Mapping[str, tuple[str, ...]], told: Mapping[str, str], signs: Signs
) -> list[ProcessSpec]:
    """The platform's processes; each is ready when it has given a sign of life."""
    return [
        ProcessSpec(
            name=name,
            command=with_our_python(command),
            environment={**told, **of_its_own(name)},
            ready=signs.ready(name),
        )
        for name, command in table.items()
    ]


def with_our_python(command: tuple[str, ...]) -> tuple[str, ...]:
    """`python …` with the interpreter that runs us."""
    return (sys.executable, *command[1:])
