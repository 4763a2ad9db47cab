"""Who is told what, and when it is worth a message."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from csms.domain.commands import Command, CommandKind, CommandPriority
from csms.domain.ids import ChargingStationId, EvseId, TransactionId
from scheduler.planning.guard_types import EvseSetpoint
from scheduler.planning.profiles import HeldSetpoint, dispatch, renewed_after_s
from tests.scheduler.makers import NOON

LEASE_S = 600.0


def held(setpoint_w: float, left_s: float = LEASE_S, station: str = "a") -> HeldSetpoint:
    return HeldSetpoint(
        station_id=ChargingStationId(station),
        evse_id=EvseId(1),
        setpoint_w=setpoint_w,
        until=NOON + timedelta(seconds=left_s),
    )


def want(
    setpoint_w: float, station: str = "a", *, safety: bool = False, waits: bool = False
) -> EvseSetpoint:
    return EvseSetpoint(
        station_id=ChargingStationId(station),
        evse_id=EvseId(1),
        setpoint_w=setpoint_w,
        safety=safety,
        waits=waits,
        reason="plan",
    )


def sent(previous: list[HeldSetpoint], *wanted: EvseSetpoint) -> tuple[Command, ...]:
    return dispatch(previous, wanted, NOON, LEASE_S, first_version=7)


def test_a_first_setpoint_is_a_lease_with_the_callers_fence() -> None:
    (command,) = sent([], want(7_000))
    assert command.kind is CommandKind.SET_SETPOINT
    assert command.payload["setpoint_w"] == 7_000
    assert command.payload["until"] == "2026-06-10T12:10:00Z"
    assert command.version == 7
    assert command.priority is CommandPriority.DISPATCH
    assert command.deadline_at == NOON + timedelta(seconds=30)


def test_a_setpoint_names_the_transaction_that_it_is_for() -> None:
    (command,) = sent([], replace(want(-7_000), transaction_id=TransactionId("tx-1")))
    assert command.payload["transaction_id"] == "tx-1"


@pytest.mark.parametrize(
    ("was_w", "is_w", "told"),
    [
        (7_000, 7_000, False),
        (7_000, 7_249, False),
        (7_000, 7_251, True),
        (22_000, 22_500, False),
        (22_000, 22_700, True),
        (200, 0, True),
        (100, -100, True),
        (0, 0, False),
    ],
)
def test_only_material_changes_are_told(was_w: float, is_w: float, told: bool) -> None:
    assert bool(sent([held(was_w)], want(is_w))) is told


def test_a_lease_is_renewed_shortly_before_it_is_half_over() -> None:
    assert sent([held(7_000, left_s=0.6 * LEASE_S + 1)], want(7_000)) == ()
    assert len(sent([held(7_000, left_s=0.5 * LEASE_S)], want(7_000))) == 1


def test_leases_that_began_in_one_second_are_renewed_over_a_tenth_of_one() -> None:
    fleet = [want(7_000, f"s-{number}") for number in range(10_000)]
    first = Counter(int(renewed_after_s(one, LEASE_S)) for one in fleet)
    assert (min(first), max(first)) == (240, 299)
    assert max(first.values()) < 2 * len(fleet) / 60

    third = Counter(int(3 * renewed_after_s(one, LEASE_S)) for one in fleet)
    assert max(third) - min(third) == 179
    assert max(third.values()) < 2 * len(fleet) / 180


def test_a_lease_is_no_longer_than_the_station_follows_without_another_word() -> None:
    place = (ChargingStationId("a"), EvseId(1))

    def told(left_s: float) -> tuple[Command, ...]:
        return dispatch(
            [held(-5_000, left_s)], [want(-5_000)], NOON, LEASE_S, 7, 30.0, {place: 120.0}
        )

    assert told(120) == ()
    (command,) = told(60)
    assert command.payload["until"] == "2026-06-10T12:02:00Z"


def test_what_is_lowered_for_a_bound_goes_first_however_little() -> None:
    commands = sent(
        [held(7_000), held(7_000, station="b")], want(9_000), want(6_990, "b", safety=True)
    )
    assert [c.station_id for c in commands] == ["b", "a"]
    assert [c.priority for c in commands] == [CommandPriority.SAFETY, CommandPriority.DISPATCH]
    assert [c.version for c in commands] == [7, 8]


def test_setpoints_are_cut_towards_zero_so_that_their_sum_stays_within_a_limit() -> None:
    charge, give = sent([], want(3_333.39), want(-3_333.39, "b"))
    assert charge.payload["setpoint_w"] == 3_333.3
    assert give.payload["setpoint_w"] == -3_333.3


def test_the_same_command_has_the_same_id() -> None:
    assert sent([], want(7_000))[0].command_id == sent([], want(7_000))[0].command_id


@pytest.mark.parametrize(("left_s", "told"), [(1_200, False), (961, False), (900, True), (1, True)])
def test_what_waits_below_its_floor_outlives_every_lease_that_was_given_the_room(
    left_s: float, told: bool
) -> None:
    commands = sent([held(0, left_s)], want(0, waits=True))
    assert bool(commands) is told
    for command in commands:
        assert command.payload["until"] == "2026-06-10T12:20:00Z"
