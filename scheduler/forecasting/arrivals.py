"""Who is expected: those who came at the same time of the same weekday in the weeks before.

Each past visit stands for the same visit so many weeks later, with a weight that fades by the week
and makes one of all weeks together; so habits of single vehicles and rates of unknown visitors come
out of one sum, and arrival, stay and energy stay together as they were.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from csms.domain.ids import IdToken
from scheduler.domain.demand import ExpectedDemand
from scheduler.domain.stay import PastStay
from scheduler.forecasting.decay import Numbers

WEEK = timedelta(weeks=1)
MOST_WEEKS = 8
FADE_RATIO = 0.85  # from week to week
SPAN_S = 1800  # stays that begin, and end, within one are one row
SMALLEST_COUNT = 0.02
SMALLEST_WH = 100.0


def weights(weeks: int) -> Numbers:
    """What a visit counts 1, 2, … weeks later, when the site has known so many weeks."""
    faded: Numbers = np.power(FADE_RATIO, np.arange(min(weeks, MOST_WEEKS), dtype=np.float64))
    shares: Numbers = faded / max(float(faded.sum()), 1.0)
    return shares


def later(at: datetime, weeks: int, zone: ZoneInfo) -> datetime:
    """The same local time of the same weekday so many weeks later, UTC."""
    return (at.astimezone(zone) + weeks * WEEK).astimezone(UTC)


def expected_arrivals(
    stays: Iterable[PastStay],
    *,
    now: datetime,
    ends_at: datetime,
    time_zone: str,
    known_since: datetime,
    here: Mapping[IdToken, datetime],
) -> tuple[ExpectedDemand, ...]:
    """Arrivals in (now, ends_at), by feeder, arrival and departure. `known_since`: when the site's
    history begins; `here`: who is plugged in, and until when: they do not come while they are
    here."""
    zone, shares = ZoneInfo(time_zone), weights((now - known_since) // WEEK)
    sums: dict[tuple[str, int, int], Numbers] = defaultdict(lambda: np.zeros(5))
    for stay in stays:
        if stay.energy_wh < SMALLEST_WH:
            continue
        for week, share in enumerate(shares.tolist(), start=1):
            arrives_at = later(stay.began_at, week, zone)
            if not now < arrives_at < ends_at or _is_here(stay, arrives_at, here):
                continue
            stay_s = (stay.ended_at - stay.began_at).total_seconds()
            come_s = (arrives_at - now).total_seconds()
            spans = (int(come_s // SPAN_S), int((come_s + stay_s) // SPAN_S))
            row = np.array([1.0, come_s, come_s + stay_s, stay.energy_wh, stay.max_charge_w])
            sums[stay.circuit_id, *spans] += share * row
    return tuple(
        ExpectedDemand(
            circuit_id=circuit_id,
            arrives_at=now + timedelta(seconds=come_s / count),
            departure_at=now + timedelta(seconds=leave_s / count),
            chance_ratio=count,
            energy_wh=energy_wh,
            max_charge_w=power_w,
        )
        for (circuit_id, *_), (count, come_s, leave_s, energy_wh, power_w) in sorted(
            (place, row.tolist()) for place, row in sums.items()
        )
        if count >= SMALLEST_COUNT
    )


def _is_here(stay: PastStay, arrives_at: datetime, here: Mapping[IdToken, datetime]) -> bool:
    return stay.id_token is not None and arrives_at < here.get(stay.id_token, arrives_at)
