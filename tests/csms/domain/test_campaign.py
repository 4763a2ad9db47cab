"""A campaign goes on only while it is well, and always comes to an end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csms.domain.campaign import (
    GIVE_UP_AFTER,
    CampaignStatus,
    End,
    Progress,
    Start,
    next_step,
    progress_of,
)
from csms.domain.commands import CommandStatus

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
WAITING, RUNNING, DONE, FAILED = Progress


@pytest.mark.parametrize(
    ("stations", "step"),
    [
        ([WAITING] * 20, Start(1, 1)),
        ([RUNNING] + [WAITING] * 19, None),
        ([DONE] + [WAITING] * 19, Start(4, 2)),
        ([DONE] * 4 + [RUNNING] + [WAITING] * 15, None),
        ([DONE] * 5 + [WAITING] * 15, Start(15, 3)),
        ([DONE] * 9 + [FAILED] + [WAITING] * 10, Start(10, 3)),
        ([FAILED] + [WAITING] * 19, End(CampaignStatus.STOPPED, "1 of 1 failed")),
        ([FAILED] + [RUNNING] * 4 + [WAITING] * 15, End(CampaignStatus.STOPPED, "1 of 5 failed")),
        ([DONE] * 19 + [FAILED], End(CampaignStatus.FINISHED, "19 of 20 installed")),
        ([WAITING], Start(1, 1)),
    ],
)
def test_the_next_step_of_5_25_100(stations, step):
    assert next_step([5, 25, 100], 10, stations) == step


@pytest.mark.parametrize(
    ("asked_at", "job", "command", "progress"),
    [
        (None, None, None, WAITING),
        (NOW, None, CommandStatus.PENDING, RUNNING),
        (NOW, "Accepted", CommandStatus.CONFIRMED, RUNNING),
        (NOW, "AcceptedCanceled", CommandStatus.CONFIRMED, RUNNING),
        (NOW, "Installed", CommandStatus.CONFIRMED, DONE),
        (NOW, "InvalidSignature", CommandStatus.CONFIRMED, FAILED),
        (NOW, "Canceled", CommandStatus.CONFIRMED, FAILED),
        (NOW, None, CommandStatus.EXPIRED, FAILED),
        (NOW, None, CommandStatus.REFUSED, FAILED),
        (NOW, None, CommandStatus.UNKNOWN, RUNNING),  # it may have heard us
        (NOW, "Installed", CommandStatus.UNKNOWN, DONE),
        (NOW - GIVE_UP_AFTER - timedelta(seconds=1), "Downloading", None, FAILED),
    ],
)
def test_progress_is_the_stations_last_word(asked_at, job, command, progress):
    assert progress_of(asked_at, job, command, NOW) is progress


@given(
    st.integers(1, 60),
    st.lists(st.floats(0.1, 100), max_size=5).map(sorted),
    st.floats(0, 100),
    st.randoms(use_true_random=False),
)
def test_every_campaign_ends_and_never_asks_on_after_too_many_failures(
    count, stages_pct, stop_above_failed_pct, chance
):
    stations = [WAITING] * count
    for _ in range(2 * count + len(stages_pct) + 2):
        step = next_step(stages_pct, stop_above_failed_pct, stations)
        asked = count - stations.count(WAITING)
        too_many = asked and 100 * stations.count(FAILED) > stop_above_failed_pct * asked
        if isinstance(step, End):
            assert (step.status is CampaignStatus.STOPPED) == bool(too_many)
            assert too_many or WAITING not in stations
            return
        assert not too_many
        if isinstance(step, Start):
            assert RUNNING not in stations
            assert 0 < step.count <= stations.count(WAITING)
            stations[asked : asked + step.count] = [RUNNING] * step.count
        else:
            running = stations.index(RUNNING)
            stations[running] = chance.choice([DONE, FAILED])
    raise AssertionError("it did not end")
