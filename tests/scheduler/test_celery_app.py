from pathlib import Path

import pytest
from pydantic import SecretStr

from scheduler.celery_app import (
    HEARTBEAT,
    REPLAN,
    SETTLE,
    SWEEP,
    TASK_LIMIT_S,
    broker_url,
    make_celery,
    worker_of,
)
from scheduler.settings import SchedulerSettings


@pytest.fixture
def settings() -> SchedulerSettings:
    return SchedulerSettings(
        database_url="postgresql:///hub",
        redis_url="unix:///run/hub/valkey.sock?db=2",
        secret=SecretStr("s" * 32),
        state_dir=Path("/tmp/hub"),
    )


@pytest.mark.parametrize(
    ("ours", "kombus"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/0"),
        ("rediss://user:pw@host:6380/1", "rediss://user:pw@host:6380/1"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("unix:///run/valkey.sock?db=3", "redis+socket:///run/valkey.sock?virtual_host=3"),
    ],
)
def test_one_valkey_has_two_spellings(ours: str, kombus: str) -> None:
    assert broker_url(ours) == kombus


def test_no_task_can_run_longer_than_a_message_stays_invisible(
    settings: SchedulerSettings,
) -> None:
    conf = make_celery(settings).conf
    assert conf.broker_transport_options["visibility_timeout"] >= 2 * TASK_LIMIT_S
    assert conf.task_soft_time_limit < conf.task_time_limit == TASK_LIMIT_S
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost) == (True, True)


def test_a_tick_expires_before_the_next_so_that_they_do_not_pile_up(
    settings: SchedulerSettings,
) -> None:
    for tick in make_celery(settings).conf.beat_schedule.values():
        assert tick["options"]["expires"] <= tick["schedule"].total_seconds()


def test_a_site_is_always_planned_by_the_same_of_the_workers(settings: SchedulerSettings) -> None:
    of_three = settings.model_copy(update={"worker_processes": 3, "worker_number": 2})
    app = make_celery(of_three)
    assert set(app.amqp.queues.consume_from) == {"scheduler", "scheduler.2"}
    queues = set()
    for number in range(40):
        site_id = f"site-{number}"
        queue = app.amqp.router.route({}, REPLAN, (site_id,), {})["queue"].name
        assert queue == app.amqp.router.route({}, SETTLE, (site_id,), {})["queue"].name
        assert queue == f"scheduler.{worker_of(site_id, 3)}"
        queues.add(queue)
    assert queues == {"scheduler.1", "scheduler.2", "scheduler.3"}
    assert app.amqp.router.route({}, SWEEP, (), {})["queue"].name == "scheduler"


def test_every_worker_is_asked_whether_it_lives(settings: SchedulerSettings) -> None:
    schedule = make_celery(settings.model_copy(update={"worker_processes": 3})).conf.beat_schedule
    asked = [tick["options"]["queue"] for tick in schedule.values() if tick["task"] == HEARTBEAT]
    assert asked == ["scheduler.1", "scheduler.2", "scheduler.3"]
