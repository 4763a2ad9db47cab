"""The time grid: UTC slots, and the site's local half-hours mapped onto them.

Local days have 46, 48 or 50 half-hours. A slot takes the value of the local wall-clock half-hour
it falls in, so on the day the clocks go back the half-hours from 01:00 serve twice.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from scheduler.domain.plan import GbpPerKwh, GramsPerKwh, Watts
from scheduler.domain.site import Site

PART_S = 900
HALF_HOUR_S = 1800
SATURDAY = 5


def slot_start(now: datetime, slot_s: int) -> datetime:
    """The start of the UTC slot that `now` falls in."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since_midnight_s = int((now - midnight).total_seconds())
    return midnight + timedelta(seconds=since_midnight_s - since_midnight_s % slot_s)


def end_of_day(now: datetime, time_zone: str) -> datetime:
    """The next local midnight."""
    local = now.astimezone(ZoneInfo(time_zone)).replace(tzinfo=None)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return midnight.replace(tzinfo=ZoneInfo(time_zone)).astimezone(UTC)


def slot_starts(starts_at: datetime, slot_s: int, slots: int) -> tuple[datetime, ...]:
    """Start of each slot."""
    return tuple(starts_at + timedelta(seconds=slot_s * k) for k in range(slots))


def per_slot(
    workday: Sequence[float],
    weekend: Sequence[float],
    time_zone: str,
    starts_at: datetime,
    slot_s: int,
    slots: int,
) -> Watts:
    """48 local half-hour values as slot averages; `weekend` may be empty (every day is like)."""
    zone = ZoneInfo(time_zone)
    parts = max(1, slot_s // PART_S)
    values = np.empty((slots, parts))
    for (k, part), _ in np.ndenumerate(values):
        offset_s = k * slot_s + part * (slot_s // parts)
        local = (starts_at + timedelta(seconds=offset_s)).astimezone(zone)
        profile = weekend if len(weekend) and local.weekday() >= SATURDAY else workday
        values[k, part] = profile[local.hour * 2 + local.minute // 30]
    averages: Watts = values.mean(axis=1)
    return averages


def prices(site: Site, starts_at: datetime, slot_s: int, slots: int) -> tuple[GbpPerKwh, GbpPerKwh]:
    """The tariff's import and export price of each slot, GBP per kWh."""
    tariff, zone = site.tariff, site.time_zone
    return (
        per_slot(tariff.import_gbp_per_kwh, (), zone, starts_at, slot_s, slots),
        per_slot(tariff.export_gbp_per_kwh, (), zone, starts_at, slot_s, slots),
    )


def price_edge(site: Site, now: datetime) -> datetime | None:
    """The beginning of the local half-hour that `now` falls in, if prices changed with it."""
    into_s = now.astimezone(ZoneInfo(site.time_zone)).minute % 30 * 60 + now.second
    began_at = now.replace(microsecond=0) - timedelta(seconds=into_s)
    before_at = began_at - timedelta(seconds=HALF_HOUR_S)
    pairs = (series.tolist() for series in prices(site, before_at, HALF_HOUR_S, 2))
    return began_at if any(before != after for before, after in pairs) else None


def carbon_g_per_kwh(
    site: Site, starts_at: datetime, slot_s: int, slots: int
) -> GramsPerKwh | None:
    """CO2 of imported energy in each slot; None where the site's file does not tell it."""
    told = site.tariff.carbon_g_per_kwh
    return per_slot(told, (), site.time_zone, starts_at, slot_s, slots) if told else None


def load_profile(site: Site, starts_at: datetime, slot_s: int, slots: int) -> Watts:
    """The site file's base load of each slot, W; free days by the weekend profile.

    A load does not step with the half-hour: values stand at the half-hours' middles and are
    joined by straight lines.
    """
    load, zone = site.load, ZoneInfo(site.time_zone)
    into_half_hour = timedelta(minutes=starts_at.astimezone(zone).minute % 30)
    first_at = starts_at - into_half_hour - timedelta(seconds=HALF_HOUR_S)
    count = slot_s * slots // HALF_HOUR_S + 4
    knots_w = per_slot(
        load.profile_w, load.weekend_profile_w, site.time_zone, first_at, HALF_HOUR_S, count
    )
    offset_s = (starts_at - first_at).total_seconds()
    profile_w: Watts = np.interp(
        offset_s + slot_s * (np.arange(slots) + 0.5),
        HALF_HOUR_S * (np.arange(count) + 0.5),
        knots_w,
    )
    return profile_w
