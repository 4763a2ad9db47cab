"""Block Q and K01 of 2.1: each rule by its name, and a profile that keeps all of them."""

from dataclasses import replace

import pytest

from csms.domain.v2x import OperationMode, Support, V2xAbilities
from csms.domain.v2x_rules import (
    CurvePoint,
    Phases,
    V2xPeriod,
    V2xProfile,
    V2xRefusal,
    V2xSchedule,
    refusal,
)

ABLE = V2xAbilities(
    modes=frozenset(OperationMode),
    supports=frozenset(Support),
    purposes=frozenset({"PriorityCharging", "LocalGeneration"}),
    balances=True,
    highest_external_id=10,
)
POINT = V2xPeriod(mode=OperationMode.CENTRAL_SETPOINT, setpoint=Phases(-5_000.0))
LIMITED = V2xPeriod(limit=Phases(7_000.0))
DROOP = (CurvePoint(49.8, -5_000.0), CurvePoint(50.2, 5_000.0))
CURVE = V2xPeriod(mode=OperationMode.LOCAL_FREQUENCY, baseline=0.0, frequency_curve=DROOP)


def profile(*periods: V2xPeriod, schedule: dict = {}, **changes: object) -> V2xProfile:  # noqa: B006
    told = V2xSchedule(periods=periods or (POINT,), starts=True, **schedule)
    base = V2xProfile(profile_id=11, purpose="TxProfile", kind="Absolute", schedules=(told,))
    return replace(base, **changes)  # type: ignore[arg-type]


def mode(name: OperationMode, **fields: object) -> V2xPeriod:
    return V2xPeriod(mode=name, **fields)  # type: ignore[arg-type]


GOOD = {
    "discharge": profile(),
    "classic": profile(LIMITED),
    "bounded setpoint": profile(
        replace(POINT, limit=Phases(7_000.0), discharge_limit=Phases(-6_000.0))
    ),
    "setpoint per phase": profile(replace(POINT, setpoint=Phases(-1.0, -2.0, -3.0))),
    "dynamic": profile(kind="Dynamic", updates=True),
    "frequency curve": profile(CURVE),
    "load balancing with limits": profile(
        mode(OperationMode.LOCAL_LOAD_BALANCING, limit=Phases(5.0), discharge_limit=Phases(-5.0))
    ),
    "external setpoint": profile(mode(OperationMode.EXTERNAL_SETPOINT)),
    "asleep": profile(mode(OperationMode.IDLE, evse_sleep=True)),
    "in a hurry": profile(LIMITED, purpose="PriorityCharging"),
    "1,024 periods": profile(*(replace(LIMITED, start_s=n) for n in range(1_024))),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_profile_that_keeps_the_rules_is_sent(name: str) -> None:
    assert refusal(GOOD[name], ABLE) is None


R, M = V2xRefusal, OperationMode
BAD = [
    (R.NOT_OURS_TO_SET, profile(purpose="ChargingStationExternalConstraints")),
    (R.PROFILE_ID_TOO_LOW, profile(profile_id=10)),
    (R.SCHEDULE_COUNT, profile(schedules=())),
    (R.SCHEDULE_COUNT, profile(schedules=profile().schedules * 4)),
    (R.PERIOD_COUNT, profile(schedules=(V2xSchedule(periods=(), starts=True),))),
    (R.PERIOD_COUNT, profile(*(replace(LIMITED, start_s=n) for n in range(1_025)))),
    (R.FIRST_PERIOD_LATE, profile(replace(POINT, start_s=1))),
    (R.PERIODS_NOT_RISING, profile(POINT, POINT)),
    (R.START_MISSING, profile(schedules=(V2xSchedule(periods=(POINT,)),))),
    (R.START_MISSING, profile(schedules=(V2xSchedule(periods=(POINT,)),), kind="Recurring")),
    (R.START_WITH_RELATIVE, profile(kind="Relative")),
    (R.DYNAMIC_SHAPE, profile(POINT, replace(POINT, start_s=60), kind="Dynamic")),
    (R.DYNAMIC_SHAPE, profile(schedules=profile().schedules * 2, kind="Dynamic")),
    (R.UPDATE_WITHOUT_DYNAMIC, profile(updates=True)),
    (R.DELAY_NOT_ALLOWED, profile(LIMITED, schedule={"randomized_delay_s": 5},
                                  purpose="ChargingStationMaxProfile")),
    (R.PRIORITY_WITH_DURATION, profile(LIMITED, schedule={"ends": True},
                                       purpose="PriorityCharging")),
    (R.MODE_NOT_ALLOWED, profile(purpose="PriorityCharging")),
    (R.MODE_NOT_ALLOWED, profile(purpose="ChargingStationMaxProfile")),
    (R.MODE_NOT_ALLOWED, profile(purpose="LocalGeneration")),
    (R.SLEEP_WITHOUT_IDLE, profile(replace(LIMITED, evse_sleep=True))),
    (R.LIMIT_MISSING, profile(V2xPeriod())),
    (R.LIMIT_NOT_ALLOWED, profile(mode(M.IDLE, limit=Phases(0.0)))),
    (R.LIMIT_NOT_ALLOWED, profile(replace(CURVE, limit=Phases(1.0)))),
    (R.LIMIT_NEGATIVE, profile(V2xPeriod(limit=Phases(-1.0)))),
    (R.LIMIT_NEGATIVE, profile(V2xPeriod(limit=Phases(1.0, 1.0, -1.0)))),
    (R.DISCHARGE_LIMIT_NOT_ALLOWED, profile(replace(LIMITED, discharge_limit=Phases(-1.0)))),
    (R.DISCHARGE_LIMIT_POSITIVE, profile(replace(POINT, discharge_limit=Phases(1.0)))),
    (R.SETPOINT_MISSING, profile(mode(M.CENTRAL_SETPOINT))),
    (R.SETPOINT_MISSING, profile(mode(M.CENTRAL_FREQUENCY))),
    (R.SETPOINT_NOT_ALLOWED, profile(replace(LIMITED, setpoint=Phases(1.0)))),
    (R.SETPOINT_NOT_ALLOWED, profile(mode(M.LOCAL_LOAD_BALANCING, setpoint=Phases(1.0)))),
    (R.SETPOINT_OUT_OF_LIMITS, profile(replace(POINT, discharge_limit=Phases(-4_000.0)))),
    (R.SETPOINT_OUT_OF_LIMITS, profile(replace(POINT, setpoint=Phases(8.0), limit=Phases(7.0)))),
    (R.SETPOINT_OUT_OF_LIMITS, profile(replace(POINT, setpoint=Phases(1.0, 9.0),
                                               limit=Phases(7.0, 7.0)))),
    (R.SETPOINT_PER_PHASE, profile(replace(POINT, setpoint=Phases(-1.0, -1.0, -1.0)),
                                   purpose="TxDefaultProfile")),
    (R.REACTIVE_NOT_ALLOWED, profile(mode(M.CENTRAL_FREQUENCY, setpoint=Phases(1.0),
                                          reactive=Phases(1.0)))),
    (R.CURVE_MISSING, profile(replace(CURVE, frequency_curve=DROOP[:1]))),
    (R.CURVE_MISSING, profile(replace(CURVE, baseline=None))),
    (R.CURVE_MISSING, profile(replace(CURVE, signal_curve=DROOP[:1]))),
    (R.CURVE_NOT_RISING, profile(replace(CURVE, frequency_curve=(*DROOP, DROOP[0])))),
    (R.CURVE_NOT_RISING, profile(replace(CURVE, signal_curve=DROOP[::-1]))),
    (R.CURVE_AGAINST_THE_GRID, profile(replace(CURVE, frequency_curve=(
        CurvePoint(49.8, 5_000.0), CurvePoint(50.2, -5_000.0))))),
    (R.CURVE_NOT_ALLOWED, profile(replace(LIMITED, frequency_curve=DROOP))),
    (R.CURVE_NOT_IN_W, profile(CURVE, schedule={"in_w": False})),
]  # fmt: skip


@pytest.mark.parametrize(("why", "broken"), BAD)
def test_a_broken_rule_is_named(why: V2xRefusal, broken: V2xProfile) -> None:
    assert refusal(broken, ABLE) is why


BALANCED = profile(mode(OperationMode.LOCAL_LOAD_BALANCING))
UNABLE = [
    (R.THRESHOLDS_MISSING, BALANCED, {"balances": False}),
    (R.PURPOSE_NOT_SUPPORTED, GOOD["in a hurry"], {"purposes": frozenset()}),
    (R.MODE_NOT_SUPPORTED, GOOD["discharge"], {"modes": frozenset({"ChargingOnly"})}),
    (R.DYNAMIC_NOT_SUPPORTED, GOOD["dynamic"], {"supports": frozenset()}),
    (R.SLEEP_NOT_SUPPORTED, GOOD["asleep"], {"supports": frozenset()}),
    (R.OFFLINE_NOT_SUPPORTED, profile(max_offline=True), {"supports": frozenset()}),
    (R.LOCAL_TIME_NOT_SUPPORTED, profile(schedule={"local_time": True}), {"supports": frozenset()}),
    (
        R.LIMIT_AT_SOC_NOT_SUPPORTED,
        profile(schedule={"limit_at_soc": True}),
        {"supports": frozenset()},
    ),
    (
        R.DELAY_NOT_SUPPORTED,
        profile(schedule={"randomized_delay_s": 9}),
        {"supports": frozenset()},
    ),
]


@pytest.mark.parametrize(("why", "told", "less"), UNABLE)
def test_what_a_station_does_not_say_it_can_is_not_asked_of_it(
    why: V2xRefusal, told: V2xProfile, less: dict[str, frozenset[str]]
) -> None:
    assert refusal(told, ABLE) is None
    assert refusal(told, replace(ABLE, **less)) is why  # type: ignore[arg-type]


def test_every_refusal_is_tried() -> None:
    assert {why for why, *_ in [*BAD, *UNABLE]} == set(V2xRefusal)


def test_loads_are_balanced_by_a_station_that_has_thresholds_alone() -> None:
    assert refusal(BALANCED, ABLE) is None
    assert refusal(BALANCED, replace(ABLE, balances=False)) is R.THRESHOLDS_MISSING


@pytest.mark.parametrize(
    ("values", "balances"),
    [
        (("20000", "0", "-500", "500"), True),
        (("0", "0", "0", "0"), False),
        (("20000", "low", "0", "0"), False),
        (("20000", "0", "0"), False),
    ],
)
def test_q09_fr02_thresholds_must_be_set_and_one_above_the_other(
    values: tuple[str, ...], balances: bool
) -> None:
    names = ("UpperThreshold", "LowerThreshold", "UpperOffset", "LowerOffset")
    told = {
        f"V2XChargingCtrlr.LocalLoadBalancing[{name}]": value
        for name, value in zip(names, values, strict=False)
    }
    assert V2xAbilities.told(told).balances is balances
