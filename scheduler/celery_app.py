"""make_celery(settings): the Celery application, with the settings under which nothing is lost.

Messages are hints and the database is the truth: a task is idempotent, a lost one is asked for
again by the sweep. Late acknowledgement and a short visibility time-out bring back what a killed
worker had; ticks expire, so that they do not pile up while no worker runs.

A site is planned by the worker to whose queue its name leads; what concerns no site is done by
whichever comes first.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zlib import crc32

from celery import Celery, signals

from csms.log import configure
from scheduler.settings import SchedulerSettings

SWEEP, REPLAN, SETTLE, PROVE, HEARTBEAT, HOUSEKEEP = (
    f"scheduler.{name}" for name in ("sweep", "replan", "settle", "prove", "heartbeat", "housekeep")
)
OF_A_SITE = (REPLAN, SETTLE, PROVE)
ANY = "scheduler"
TASK_LIMIT_S = 60
HEARTBEAT_S = 2.0
HOUSEKEEP_S = 1800.0


def make_celery(settings: SchedulerSettings) -> Celery:
    """The application, without tasks; it connects when first used."""
    app = Celery("scheduler", broker=broker_url(settings.redis_url))
    app.conf.update(
        task_ignore_result=True,
        task_serializer="json",
        accept_content=["json"],
        enable_utc=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_time_limit=TASK_LIMIT_S,
        task_soft_time_limit=45,
        task_default_queue=ANY,
        task_queues={ANY: {}, queue_name(settings.worker_number): {}},
        task_routes=(route_by(settings.worker_processes),),
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_max_tasks_per_child=2000,
        worker_soft_shutdown_timeout=10,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            "visibility_timeout": 2 * TASK_LIMIT_S,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": 3,
            "socket_connect_timeout": 3,
            "socket_keepalive": True,
            "health_check_interval": 10,
        },
        beat_schedule=beat_schedule(settings),
        beat_schedule_filename=str(settings.state_dir / "beat-schedule"),
    )
    return app


def queue_name(worker_number: int) -> str:
    """The queue of one of the workers."""
    return f"{ANY}.{worker_number}"


def worker_of(site_id: str, worker_processes: int) -> int:
    """The number, from 1, of the worker that plans the site."""
    return crc32(site_id.encode()) % worker_processes + 1


def route_by(worker_processes: int) -> Callable[..., dict[str, str] | None]:
    """Celery's router: what is about a site, its first argument, goes to the site's worker."""

    def route(name: str, args: Sequence[str], *_: Any, **__: Any) -> dict[str, str] | None:
        if name not in OF_A_SITE:
            return None
        return {"queue": queue_name(worker_of(args[0], worker_processes))}

    return route


def log_ours(settings: SchedulerSettings) -> None:
    """Our logging instead of Celery's."""

    def set_up_logging(**_: Any) -> None:
        configure(settings.log_level)

    signals.setup_logging.connect(set_up_logging, weak=False)


def beat_schedule(settings: SchedulerSettings) -> dict[str, dict[str, Any]]:
    """What beat sends, how often in real time; a tick nobody took before the next one expires.
    Every worker is asked for its own sign of life."""
    workers = range(1, settings.worker_processes + 1)
    ticks = [
        (SWEEP, ANY, settings.sweep_interval_s),
        (HOUSEKEEP, ANY, HOUSEKEEP_S),
        *((HEARTBEAT, queue_name(number), HEARTBEAT_S) for number in workers),
    ]
    return {
        f"{task} by {queue}": {
            "task": task,
            "schedule": timedelta(seconds=every_s),
            "options": {"expires": every_s, "queue": queue},
        }
        for task, queue, every_s in ticks
    }


def broker_url(redis_url: str) -> str:
    """The same Valkey in kombu's spelling: `unix:///path?db=0` → `redis+socket:///path?…`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    db = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={db}"
