"""The Celery tasks: doors, not rooms. Each takes ids, calls a service and is done.

A worker process has one event loop and one engine, made after the fork. A failure ends the task
and is logged; the next sweep asks again.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

import structlog
from celery import Celery
from sqlalchemy.ext.asyncio import AsyncEngine

from csms.clock import Clock
from csms.store.engine import make_engine
from csms.store.heartbeat import beat, numbered
from scheduler.celery_app import HEARTBEAT, HOUSEKEEP, PROVE, REPLAN, SETTLE, SWEEP
from scheduler.services.housekeep import housekeep
from scheduler.services.learn import learn_all
from scheduler.services.prove import prove_site
from scheduler.services.replan import PlannerHangs, Replanner
from scheduler.services.settle import settle_site
from scheduler.services.sweep import Due, find_due
from scheduler.settings import SchedulerSettings

log = structlog.get_logger(__name__)
Answer = TypeVar("Answer")

WORKER = "worker"
PROMPTLY_S = 5.0  # a task that waited longer than this is asked for again by the sweep


@dataclass(slots=True)
class Tasks:
    """The tasks of one worker process. `open` comes after the fork, before the first task."""

    app: Celery
    settings: SchedulerSettings
    clock: Clock
    _runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    _engine: AsyncEngine | None = None

    def register(self) -> None:
        """Make the methods tasks of the application."""
        doors: dict[str, Callable[..., None]] = {
            SWEEP: self.sweep,
            REPLAN: self.replan,
            SETTLE: self.settle,
            PROVE: self.prove,
            HEARTBEAT: self.heartbeat,
            HOUSEKEEP: self.housekeep,
        }
        for name, door in doors.items():
            # Celery's own check of arguments counts the `self` of a bound method
            self.app.task(door, name=name, typing=False)

    def open(self) -> None:
        """Make this process' engine; it connects when first used."""
        self._engine = make_engine(self.settings.database_url, application=WORKER, ping=True)

    def close(self) -> None:
        """Give the connections back."""
        if self._engine is not None:
            self._runner.run(self._engine.dispose())
        self._runner.close()

    def sweep(self) -> None:
        """Find the sites to plan, the signals to settle, the intervals to judge, and queue that."""
        due: Due = self._run(find_due(self.engine, now=self.clock.now()))
        for site_id in due.replan:
            self.app.send_task(REPLAN, [site_id], expires=PROMPTLY_S, retry=False)
        for site_id in due.settle:
            self.app.send_task(SETTLE, [site_id], expires=PROMPTLY_S, retry=False)
        for site_id in due.prove:
            self.app.send_task(PROVE, [site_id], expires=PROMPTLY_S, retry=False)

    def replan(self, site_id: str) -> None:
        """Plan a site anew if there is a need."""
        replanner = Replanner(
            engine=self.engine, now=self.clock.now, time_limit_s=self.settings.plan_time_limit_s
        )
        try:
            self._run(replanner.replan(site_id))
        except PlannerHangs:
            log.critical("this process ends: its planner hangs", site_id=site_id)
            os.kill(os.getpid(), signal.SIGKILL)  # nothing else ends a thread; the pool makes anew
        except Exception as error:
            self._run(replanner.report_failure(site_id, f"{type(error).__name__}: {error}"))
            raise

    def settle(self, site_id: str) -> None:
        """Settle the site's signals whose window is over."""
        self._run(settle_site(self.engine, site_id, now=self.clock.now()))

    def prove(self, site_id: str) -> None:
        """Judge what the site's EVSEs did in the intervals that are over."""
        self._run(prove_site(self.engine, site_id, now=self.clock.now()))

    def heartbeat(self) -> None:
        """Show that beat, broker and worker work together."""
        names = numbered(WORKER, self.settings.worker_processes)
        self._run(beat(self.engine, names[self.settings.worker_number - 1]))

    def housekeep(self) -> None:
        """Let forecasts learn, then delete what is too old to be of use."""
        self._run(learn_all(self.engine, now=self.clock.now()))
        kept = timedelta(days=self.settings.retention_days)
        self._run(housekeep(self.engine, now=self.clock.now(), told_kept=kept))

    @property
    def engine(self) -> AsyncEngine:
        """This process' engine."""
        if self._engine is None:
            raise RuntimeError("Tasks.open was not called in this process")
        return self._engine

    def _run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return self._runner.run(work)
