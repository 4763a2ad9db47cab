"""No vehicle goes below its V2G floor by our doing, whatever was not seen."""

from hypothesis import given
from hypothesis import strategies as st

from scheduler.domain.spare import may_give_w, spare_wh, unseen_wh

FLOOR_WH, CAPACITY_WH, MOST_W, RATIO = 15_000.0, 50_000.0, 10_000.0, 0.92


@given(
    held_wh=st.floats(FLOOR_WH, 25_000),
    told_every_s=st.integers(10, 900),
    counted_every_s=st.integers(10, 300),
    lease_s=st.integers(60, 600),
    silent_from_s=st.integers(0, 7_200),
)
def test_the_battery_never_falls_below_its_floor_though_the_hub_dies_at_any_second(
    held_wh: float, told_every_s: int, counted_every_s: int, lease_s: int, silent_from_s: int
) -> None:
    """State of charge in whole percents and registers come now and then; the hub orders what it may
    every 10 s until it dies, and the last order runs out its lease."""
    given_wh, order_w, ends_s = 0.0, 0.0, 0
    told = counted = (0, 0.0)
    told_pct = round(100 * held_wh / CAPACITY_WH)
    for second in range(0, silent_from_s + lease_s, 10):
        if second % told_every_s < 10:
            left_wh = held_wh - given_wh / RATIO
            told, told_pct = (second, given_wh), round(100 * left_wh / CAPACITY_WH)
        if second % counted_every_s < 10:
            counted = (second, given_wh)
        if second <= silent_from_s:
            unseen = unseen_wh(
                most_w=MOST_W, told_age_s=second - told[0],
                exported_wh=counted[1], register_age_s=second - counted[0],
            )  # fmt: skip
            spare = spare_wh(
                energy_wh=CAPACITY_WH * told_pct / 100, floor_wh=FLOOR_WH,
                capacity_wh=CAPACITY_WH, unseen_wh=unseen, discharge_ratio=RATIO,
            )  # fmt: skip
            order_w, ends_s = min(MOST_W, may_give_w(spare, lease_s)), second + lease_s
        given_wh += order_w * min(10, max(0, ends_s - second)) / 3600
        assert held_wh - given_wh / RATIO >= FLOOR_WH - 1e-6


def test_what_the_register_has_not_counted_was_not_given() -> None:
    old = {"most_w": MOST_W, "told_age_s": 900.0}
    assert unseen_wh(**old, exported_wh=0.0, register_age_s=0.0) == 0.0
    assert unseen_wh(**old, exported_wh=200.0, register_age_s=36.0) == 300.0
    assert unseen_wh(**old, exported_wh=9_000.0, register_age_s=0.0) == 2_500.0


def test_far_above_its_floor_a_vehicle_gives_what_it_can() -> None:
    spare = spare_wh(
        energy_wh=30_000, floor_wh=FLOOR_WH, capacity_wh=CAPACITY_WH, unseen_wh=200,
        discharge_ratio=RATIO,
    )  # fmt: skip
    assert may_give_w(spare, 300) > MOST_W
