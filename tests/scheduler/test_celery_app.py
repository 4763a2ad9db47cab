from pathlib import Path

import pytest
from pydantic import SecretStr

from scheduler.celery_app import TASK_LIMIT_S, broker_url, make_celery
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
