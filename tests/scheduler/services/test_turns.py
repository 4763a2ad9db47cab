"""What the gate remembers of an EVSE's orders."""

from datetime import datetime, timedelta
from math import inf

from csms.domain.ids import ChargingStationId, EvseId
from scheduler.planning.guard_types import NO_PAST, Past
from scheduler.services.turns import Turns
from scheduler.store.turns import Ordered
from tests.scheduler.makers import NOON

PLACE = (ChargingStationId("cs-1"), EvseId(1))


def turns(*orders: tuple[float, float, str]) -> Turns:
    """Each order: minutes after noon, W, and why."""
    made = Turns()
    for minutes, setpoint_w, reason in orders:
        made.add(
            Ordered(
                station_id=PLACE[0], evse_id=PLACE[1], at=at(minutes),
                setpoint_w=setpoint_w, reason=reason,
            )
        )  # fmt: skip
    return made


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_of_an_evse_that_was_never_ordered_anything_nothing_is_known() -> None:
    assert Turns().past(PLACE, NOON) == NO_PAST


def test_a_direction_counts_from_its_first_order_and_nothing_in_between_does_not_end_it() -> None:
    made = turns((0, 5_000, "plan"), (5, 0, "plan"), (6, 4_000, "plan"))
    assert made.past(PLACE, at(10)) == Past(
        direction=1, direction_age_s=600, reversals=0, changed_age_s=240
    )


def test_reversals_of_the_last_hour_count() -> None:
    made = turns((0, 5_000, "plan"), (10, -5_000, "plan"), (40, 3_000, "plan"))
    assert made.past(PLACE, at(41)).reversals == 2
    assert made.past(PLACE, at(75)).reversals == 1
    assert made.past(PLACE, at(75)).direction_age_s == 35 * 60


def test_what_a_limit_or_an_instruction_changed_does_not_use_up_the_fleets_share() -> None:
    made = turns((0, 5_000, "import_bound"), (1, 6_000, "instruction"))
    assert made.past(PLACE, at(2)).changed_age_s == inf


def test_what_a_circuit_lowers_does_not_and_what_it_leaves_of_a_rise_does() -> None:
    made = turns((0, 9_000, "instruction"), (1, 5_000, "circuit:yard"), (2, 6_000, "circuit:yard"))
    assert made.past(PLACE, at(3)).changed_age_s == 60
    lowered = turns((0, 9_000, "instruction"), (1, 5_000, "circuit:yard L1"))
    assert lowered.past(PLACE, at(3)).changed_age_s == inf


def test_what_a_circuit_leaves_of_the_end_of_a_discharge_counts() -> None:
    for left_w in (0, 5_000, -2_000):
        made = turns((0, -9_000, "instruction"), (1, left_w, "circuit:yard"))
        assert made.past(PLACE, at(3)).changed_age_s == 120


def test_a_lease_that_is_renewed_changes_nothing() -> None:
    made = turns((0, 5_000, "plan"), (5, 5_000, "plan"))
    assert made.past(PLACE, at(6)).changed_age_s == 360


def test_who_was_lowered_for_a_limit_is_known_since_when() -> None:
    for reason in ("import_bound", "circuit:yard", "circuit:yard L1"):
        made = turns((0, 9_000, "plan"), (1, 5_000, reason), (2, 6_000, reason))
        assert made.past(PLACE, at(3)).lowered_age_s == 120
    given_back = turns((0, 9_000, "plan"), (1, 5_000, "import_bound"), (2, -4_000, "import_bound"))
    assert given_back.past(PLACE, at(3)).lowered_age_s == 60


def test_what_the_plan_lowers_no_limit_did() -> None:
    made = turns((0, 9_000, "plan"), (1, 5_000, "plan"), (2, 4_000, "surplus"))
    assert made.past(PLACE, at(3)).lowered_age_s == inf
