"""make_celery(settings): the Celery application, with the settings under which nothing is lost.

Messages are hints and the database is the truth: a task is idempotent, a lost one is asked for
again by the sweep. Late acknowledgement and a short visibility time-out bring back what a killed
worker had; ticks expire, so that they do not pile up while no worker runs.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from celery import Celery, signals

from csms.log import configure
from scheduler.settings import SchedulerSettings

SWEEP, REPLAN, SETTLE, HEARTBEAT, HOUSEKEEP = (
    f"scheduler.{name}" for name in ("sweep", "replan", "settle", "heartbeat", "housekeep")
)
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
        task_default_queue="scheduler",
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


def log_ours(settings: SchedulerSettings) -> None:
    """Our logging instead of Celery's."""

    def set_up_logging(**_: Any) -> None:
        configure(settings.log_level)

    signals.setup_logging.connect(set_up_logging, weak=False)


def beat_schedule(settings: SchedulerSettings) -> dict[str, dict[str, Any]]:
    """What beat sends, how often in real time; a tick nobody took before the next one expires."""
    ticks = {
        SWEEP: settings.sweep_interval_s,
        HEARTBEAT: HEARTBEAT_S,
        HOUSEKEEP: HOUSEKEEP_S,
    }
    return {
        task: {
            "task": task,
            "schedule": timedelta(seconds=every_s),
            "options": {"expires": every_s},
        }
        for task, every_s in ticks.items()
    }


def broker_url(redis_url: str) -> str:
    """The same Valkey in kombu's spelling: `unix:///path?db=0` → `redis+socket:///path?…`."""
    parts = urlsplit(redis_url)
    if parts.scheme != "unix":
        return redis_url
    db = parse_qs(parts.query).get("db", ["0"])[0]
    return f"redis+socket://{parts.path}?virtual_host={db}"
