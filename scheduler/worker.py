"""The module Celery loads for a worker: `celery -A scheduler.worker worker`.

An application at module level, and settings that are read when it is imported, there are here and
in `scheduler.beat` only: Celery asks for it so.
"""

from typing import Any

from celery import signals

from csms.clock import clock_from
from csms.garbage import collect_less
from scheduler.celery_app import log_ours, make_celery
from scheduler.listener import start_listener
from scheduler.settings import SchedulerSettings
from scheduler.tasks import Tasks

settings = SchedulerSettings()  # type: ignore[call-arg]  # the environment gives them
app = make_celery(settings)
tasks = Tasks(app, settings, clock_from())
tasks.register()
log_ours(settings)


def open_process(**_: Any) -> None:
    """A worker process was forked."""
    collect_less()
    tasks.open()


def close_process(**_: Any) -> None:
    """A worker process ends."""
    tasks.close()


def begin_to_listen(**_: Any) -> None:
    """The worker takes tasks."""
    start_listener(app, settings.redis_url, debounce_s=settings.hint_debounce_s)


signals.worker_process_init.connect(open_process)
signals.worker_process_shutdown.connect(close_process)
signals.worker_ready.connect(begin_to_listen)
