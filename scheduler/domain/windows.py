"""When a flexible load may run: its daily window of local time, as instants."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from scheduler.domain.plan import LoadPlan
from scheduler.domain.site import FlexibleLoad


def windows(
    load: FlexibleLoad, time_zone: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Begin and end of each window that touches [since, until), in order.

    One that closes no later than it opens goes on past midnight. Instants carry the zone, so a
    window of the day the clocks change is an hour longer or shorter.
    """
    zone = ZoneInfo(time_zone)
    opens, closes = time.fromisoformat(load.opens), time.fromisoformat(load.closes)
    day = since.astimezone(zone).date() - timedelta(days=1)
    while day <= until.astimezone(zone).date():
        last_day = day if closes > opens else day + timedelta(days=1)
        begins_at = datetime.combine(day, opens, zone).astimezone(since.tzinfo)
        ends_at = datetime.combine(last_day, closes, zone).astimezone(since.tzinfo)
        if begins_at < until and ends_at > since:
            yield begins_at, ends_at
        day += timedelta(days=1)


def done_wh(
    load: FlexibleLoad, time_zone: str, told: LoadPlan, grid: tuple[datetime, int],
    made_at: datetime, now: datetime,
) -> float:  # fmt: skip
    """What the window that is open at `now` has got if the schedule `told`, made at `made_at` on
    `grid` (begin and length of its slots), was kept; 0 where it does not reach until `now`."""
    starts_at, slot_s = grid
    slot = (now - starts_at) // timedelta(seconds=slot_s)
    open_now = next(windows(load, time_zone, now, now + timedelta(seconds=1)), None)
    if open_now is None or not 0 <= slot < len(told.power_w):
        return 0.0
    begins_at = starts_at + timedelta(seconds=slot * slot_s)
    before_wh = told.done_wh if slot == 0 else float(told.energy_wh[slot - 1])
    if begins_at <= open_now[0] and slot > 0:
        before_wh = 0.0
    ran_h = max((now - max(begins_at, made_at)).total_seconds(), 0.0) / 3600.0
    return min(before_wh + float(told.power_w[slot]) * ran_h, float(told.energy_wh[slot]))
