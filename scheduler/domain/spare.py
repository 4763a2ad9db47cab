"""What a vehicle can give without going below its V2G floor, whatever happens next. Pure."""

SOC_RESOLUTION_PCT = 0.5
"""A state of charge that is told as a whole number may be so much too high."""


def spare_wh(
    *,
    energy_wh: float,
    floor_wh: float,
    capacity_wh: float,
    unseen_wh: float,
    discharge_ratio: float,
) -> float:
    """What the battery surely holds above its floor, at the meter; never negative.

    `energy_wh` is what it held when it was told; `unseen_wh` (≥ 0, at the meter) is what may have
    been given since then.
    """
    rounded_wh = capacity_wh * SOC_RESOLUTION_PCT / 100
    return max(0.0, (energy_wh - rounded_wh - floor_wh) * discharge_ratio - unseen_wh)


def unseen_wh(
    *, most_w: float, told_age_s: float, exported_wh: float, register_age_s: float
) -> float:
    """What may have been given since the state of charge was told, at the meter.

    No more than the EVSE can give in `told_age_s`, and no more than its register has counted in the
    whole transaction (`exported_wh`, `register_age_s` ago) and what it can give since.
    """
    since_told_wh, since_counted_wh = (
        most_w * max(0.0, age_s) / 3600.0 for age_s in (told_age_s, register_age_s)
    )
    return min(since_told_wh, exported_wh + since_counted_wh)


def may_give_w(spare_wh: float, lease_s: float) -> float:
    """The power that leaves the battery above its floor though nobody is heard until the lease
    ends (a magnitude)."""
    return spare_wh * 3600.0 / lease_s
