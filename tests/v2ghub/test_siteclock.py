"""The demo's clock goes on from where it stood, whatever ended the last run."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from csms.clock import fast_clock
from v2ghub import siteclock
from v2ghub.errors import HubError

FIRST = datetime(2026, 3, 24, 6, 30, tzinfo=UTC)


def test_the_first_start_is_at_the_given_time_or_the_usual_one(tmp_path: Path) -> None:
    asked = datetime(2026, 6, 1, tzinfo=UTC)
    for start, expected in ((None, FIRST), (asked, asked)):
        assert siteclock.resume_at(tmp_path, start, FIRST) == expected


def test_a_second_start_goes_on_from_where_the_clock_stood(tmp_path: Path) -> None:
    siteclock.keep(tmp_path, FIRST + timedelta(hours=7))
    assert siteclock.resume_at(tmp_path, None, FIRST) == FIRST + timedelta(hours=7)


def test_a_start_before_where_the_clock_stood_is_refused_in_words(tmp_path: Path) -> None:
    siteclock.keep(tmp_path, FIRST + timedelta(days=1))
    with pytest.raises(HubError, match=r"2026-03-25T06:30Z.*V2GHUB_STATE_DIR"):
        siteclock.resume_at(tmp_path, FIRST, FIRST)


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text('{"site_time": "tomor')
    assert siteclock.stood_at(tmp_path) is None


async def test_while_it_runs_the_file_is_ahead_of_all_that_was_shown(tmp_path: Path) -> None:
    clock = fast_clock(600, FIRST)
    async with siteclock.kept_ahead(tmp_path, clock):
        await asyncio.sleep(0)  # its first write comes before its first wait
        kept_if_killed_now = siteclock.stood_at(tmp_path)
        shown = clock.now()
    kept_at_a_clean_end = siteclock.stood_at(tmp_path)

    assert kept_if_killed_now is not None
    assert kept_at_a_clean_end is not None
    assert kept_if_killed_now > shown
    assert shown <= kept_at_a_clean_end <= clock.now()
