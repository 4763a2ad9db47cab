"""When a vehicle leaves whose driver told nothing, and what it needs: by visits like this one.

A visit counts the more the nearer its arrival in the local day, if its day was of the same kind
(workday, weekend), and above all if it was this vehicle's: where it came before, the visits of all
others together count no more than one of its own. Those that would be over by now do not count: who
is still here stays at least that long.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from csms.domain.ids import IdToken
from scheduler.domain.slots import SATURDAY
from scheduler.domain.stay import PastStay
from scheduler.forecasting.decay import Numbers

NEAR_MIN = 60.0  # standard deviation of arrivals that count as alike
OWN_NEAR_MIN = 120.0  # of the same vehicle
DAY_MIN = 1440.0
OTHER_KIND_RATIO = 0.2
OWN_RATIO = 30.0  # one of its own counts as much as so many of others
ENOUGH = 8.0  # visits as like as can be
QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """Quantiles p10, p50, p90 of the departure and of the energy taken by then, at the meter."""

    departure_at: tuple[datetime, datetime, datetime]
    energy_wh: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Visits:
    """Past visits as arrays."""

    minute: Numbers
    weekend: Numbers
    stay_s: Numbers
    energy_wh: Numbers
    token: tuple[IdToken | None, ...]


def visits_of(stays: Sequence[PastStay], time_zone: str) -> Visits:
    """The arrays of these visits, local times by the site's zone."""
    zone = ZoneInfo(time_zone)
    begun = [_local(stay.began_at, zone) for stay in stays]
    return Visits(
        minute=np.array([minute for minute, _ in begun]),
        weekend=np.array([weekend for _, weekend in begun]),
        stay_s=np.array([(stay.ended_at - stay.began_at).total_seconds() for stay in stays]),
        energy_wh=np.array([stay.energy_wh for stay in stays]),
        token=tuple(stay.id_token for stay in stays),
    )


def habit(
    visits: Visits, id_token: IdToken | None, began_at: datetime, now: datetime, time_zone: str
) -> Habit | None:
    """What is to be expected of a visit that began then and goes on; None if too few were like
    it."""
    minute, weekend = _local(began_at, ZoneInfo(time_zone))
    apart_min = np.abs(visits.minute - minute)
    apart_min = np.minimum(apart_min, DAY_MIN - apart_min)
    whose = (id_token is not None and token == id_token for token in visits.token)
    own = np.fromiter(whose, dtype=bool, count=len(visits.token))
    alike = np.exp(-0.5 * (apart_min / np.where(own, OWN_NEAR_MIN, NEAR_MIN)) ** 2)
    alike = alike * np.where(visits.weekend == weekend, 1.0, OTHER_KIND_RATIO)
    alike = alike * (visits.stay_s > (now - began_at).total_seconds())
    others_ratio = OWN_RATIO / max(float(alike[~own].sum()), OWN_RATIO)
    alike = alike * np.where(own, OWN_RATIO, others_ratio)
    if alike.sum() < ENOUGH:
        return None
    stay_s, energy_wh = (_quantiles(column, alike) for column in (visits.stay_s, visits.energy_wh))
    first, middle, last = (began_at + timedelta(seconds=s) for s in stay_s)
    return Habit(departure_at=(first, middle, last), energy_wh=energy_wh)


def _quantiles(values: Numbers, weights: Numbers) -> tuple[float, float, float]:
    """Each value stands in the middle of its weight; between them is a straight line."""
    order = np.argsort(values, kind="stable")
    share = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    low, middle, high = np.interp(QUANTILES, share, values[order]).tolist()
    return low, middle, high


def _local(at: datetime, zone: ZoneInfo) -> tuple[float, float]:
    """Minute of the local day, and 1 at a weekend."""
    local = at.astimezone(zone)
    return local.hour * 60.0 + local.minute, float(local.weekday() >= SATURDAY)
