"""Stack semantics of OCPP 2.0.1 K01, as tables. Times are minutes after noon."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from simulator.profiles import NegativeLimit, ProfileStack, Refusal, format_time, parse_time
from tests.simulator.makers import NOON, profile


def stack(negative: NegativeLimit = NegativeLimit.DISCHARGES) -> ProfileStack:
    return ProfileStack(frozenset({1}), phases=3, voltage_v=230.0, negative_limit=negative)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def text(minutes: float) -> str:
    return format_time(at(minutes))


def tx(profile_id: int, limit_w: float, **changes: Any) -> dict[str, Any]:
    given = {"chargingProfilePurpose": "TxProfile", "transactionId": "t"}
    return profile(profile_id, limit_w, **(given | changes))


def installed(*profiles: dict[str, Any], negative: str = "discharges") -> ProfileStack:
    made = stack(NegativeLimit(negative))
    for raw in profiles:
        evse_id = 0 if raw["chargingProfilePurpose"] == "ChargingStationMaxProfile" else 1
        assert made.install(evse_id, raw, {1: "t"}) is None
    return made


FLOOR = profile(1, 1_400)

CASES = [
    ("no profile is no limit", [], [(0, None)]),
    ("the default holds", [FLOOR], [(0, 1_400), (600, 1_400)]),
    ("a TxProfile overrules it", [FLOOR, tx(2, 7_000)], [(0, 7_000)]),
    (
        "a lease ends with validTo",
        [FLOOR, tx(2, 7_000, validTo=text(10))],
        [(0, 7_000), (9.99, 7_000), (10, 1_400)],
    ),
    (
        "a lease ends with duration",
        [FLOOR, tx(2, 7_000, start=text(0), duration=600)],
        [(-1, 1_400), (0, 7_000), (9.99, 7_000), (10, 1_400)],
    ),
    (
        "the earlier of both ends it",
        [FLOOR, tx(2, 7_000, start=text(0), duration=600, validTo=text(5))],
        [(4.99, 7_000), (5, 1_400)],
    ),
    (
        "the higher stack level wins while it is valid",
        [tx(2, 5_000), tx(3, 9_000, stackLevel=3, validFrom=text(5), validTo=text(10))],
        [(0, 5_000), (5, 9_000), (10, 5_000)],
    ),
    (
        "the station's maximum caps everything",
        [tx(2, 9_000), profile(4, 6_000, chargingProfilePurpose="ChargingStationMaxProfile")],
        [(0, 6_000)],
    ),
    (
        "periods follow each other",
        [tx(2, 0, start=text(0), periods=((0, 3_000), (60, -4_000), (120, 0)))],
        [(0, 3_000), (1, -4_000), (2, 0), (60, 0)],
    ),
    (
        "relative schedules begin with the transaction",
        [FLOOR, tx(2, 8_000, chargingProfileKind="Relative", duration=300)],
        [(-31, 1_400), (-29, 8_000), (-26, 8_000), (-25, 1_400)],
    ),
    (
        "daily schedules come again",
        [
            profile(
                5, 2_000, chargingProfileKind="Recurring", recurrencyKind="Daily",
                start="2026-03-20T12:00:00Z", duration=60,
            )
        ],
        [(0.5, 2_000), (2, None), (24 * 60 + 0.5, 2_000)],
    ),
    ("amperes count per phase", [tx(2, 10, unit="A")], [(0, 6_900)]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("profiles", "limits"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_limit(profiles: list[dict[str, Any]], limits: list[tuple[float, float | None]]) -> None:
    made = installed(*profiles)
    for minutes, expected_w in limits:
        assert made.limit_at(1, at(minutes), at(-30))[0] == expected_w, minutes


@pytest.mark.parametrize("profiles", [c[1] for c in CASES], ids=[c[0] for c in CASES])
def test_the_limit_holds_until_the_time_it_says(profiles: list[dict[str, Any]]) -> None:
    made = installed(*profiles)
    now = at(-40)
    for _ in range(12):
        limit_w, until = made.limit_at(1, now, at(-30))
        halfway = now + (min(until, now + timedelta(days=2)) - now) / 2
        assert until > now
        assert made.limit_at(1, halfway, at(-30))[0] == limit_w
        now = min(until, now + timedelta(days=2))


def test_without_a_transaction_a_tx_profile_is_silent() -> None:
    assert installed(FLOOR, tx(2, 7_000)).limit_at(1, NOON, None)[0] == 1_400


def test_a_charge_only_station_reads_a_negative_limit_as_no_limit() -> None:
    assert installed(FLOOR, tx(2, -5_000)).limit_at(1, NOON, at(-1))[0] == -5_000
    careless = installed(FLOOR, tx(2, -5_000), negative="reads_no_limit")
    assert careless.limit_at(1, NOON, at(-1))[0] is None


def test_the_composite_schedule_shows_the_lease_and_the_floor_after_it() -> None:
    made = installed(FLOOR, tx(2, 7_000, validTo=text(10)))
    assert made.composite(1, NOON, 1200, 11_000, at(-1)) == [(0, 7_000), (600, 1_400)]
    assert stack().composite(1, NOON, 60, 11_000, None) == [(0, 11_000)]


def test_k01_fr05_the_same_id_replaces() -> None:
    made = installed(tx(2, 7_000), tx(2, -3_000))
    assert made.limit_at(1, NOON, at(-1))[0] == -3_000
    assert len(made.profiles) == 1


@pytest.mark.parametrize(
    ("raw", "evse_id", "reason"),
    [
        (FLOOR, 2, Refusal.UNKNOWN_EVSE),
        (tx(2, 1, stackLevel=99), 1, Refusal.INVALID_STACK_LEVEL),
        (tx(2, 1, transactionId="other"), 1, Refusal.TX_NOT_FOUND),
        (tx(2, 1, transactionId=None), 1, Refusal.INVALID_PROFILE),
        (tx(2, 1), 0, Refusal.INVALID_PROFILE),
        (tx(2, float("nan")), 1, Refusal.INVALID_SCHEDULE),
        (tx(2, 1, start=None), 1, Refusal.INVALID_SCHEDULE),
        (tx(2, 1, periods=((60, 1),)), 1, Refusal.INVALID_SCHEDULE),
        (tx(2, 1, periods=((0, 1), (0, 2))), 1, Refusal.INVALID_SCHEDULE),
        (
            profile(2, 1, chargingProfilePurpose="ChargingStationExternalConstraints"),
            1,
            Refusal.INVALID_PROFILE,
        ),
        (
            profile(2, 1, chargingProfilePurpose="ChargingStationMaxProfile"),
            1,
            Refusal.INVALID_PROFILE,
        ),
        (profile(9, 2_000), 1, Refusal.DUPLICATE_PROFILE),
    ],
)
def test_a_profile_that_cannot_be_is_refused_by_name(
    raw: dict[str, Any], evse_id: int, reason: Refusal
) -> None:
    made = installed(FLOOR)
    assert made.install(evse_id, raw, {1: "t"}) is reason
    assert made.limit_at(1, NOON, at(-1))[0] == 1_400


def test_the_profile_of_a_transaction_goes_with_it() -> None:
    made = installed(FLOOR, tx(2, 7_000))
    made.end_transaction("t")
    assert [p.profile_id for p in made.profiles] == [1]


@pytest.mark.parametrize("bad", ["2026-03-24T12:00:00", "yesterday", ""])
def test_a_time_without_offset_is_no_time(bad: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parse_time(bad)
