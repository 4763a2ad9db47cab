"""A signed setpoint in 2.1: a limit inwards, a CentralSetpoint outwards, a Dynamic profile where
the station has them; and what its composite schedule says."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files

import msgspec
import pytest
from jsonschema import Draft7Validator

from csms.domain.commands import Setpoint
from csms.domain.discharge import DischargeDialect
from csms.domain.frequency import curve_of
from csms.domain.ids import EvseId, TransactionId
from csms.domain.quirks import Pausing, Quirks
from csms.domain.station import RateUnit, StationAbilities
from csms.domain.v2x import Support, V2xAbilities
from csms.ocppj import dialect21
from csms.ocppj import types_v21 as wire
from csms.ocppj.dialects import SetpointRefusal

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)
V2X = V2xAbilities(modes=frozenset({"ChargingOnly", "CentralSetpoint"}), energy_transfer="DC_BPT")
ABLE = StationAbilities(discharge_dialect=DischargeDialect.OCPP21, discharge_proven_at=NOW, v2x=V2X)


def lease(setpoint_w: float, abilities: StationAbilities = ABLE, lease_s: float = 600.0):
    setpoint = Setpoint(setpoint_w=setpoint_w, until=NOW + timedelta(seconds=lease_s))
    told = dialect21.lease(setpoint, EvseId(2), TransactionId("tx1"), abilities, NOW)
    assert isinstance(told, dialect21.Lease)
    return told


def sent(told: dialect21.Lease) -> dict:
    values = json.loads(msgspec.json.encode(told.request))
    schema = json.loads(
        (files("ocpp") / "v21" / "schemas" / "SetChargingProfileRequest.json").read_text(
            "utf-8-sig"
        )
    )
    Draft7Validator(schema).validate(values)
    return values


def period(told: dialect21.Lease) -> dict:
    (schedule,) = sent(told)["chargingProfile"]["chargingSchedule"]
    (only,) = schedule["chargingSchedulePeriod"]
    return only


def test_q03_fr02_a_discharge_is_a_central_setpoint_without_limits() -> None:
    told = lease(-5_000.0)
    assert told.setpoint_w == -5_000.0
    assert period(told) == {
        "startPeriod": 0,
        "operationMode": "CentralSetpoint",
        "setpoint": -5_000.0,
    }


def test_q02_fr02_a_charge_is_a_limit_and_nothing_else() -> None:
    assert period(lease(7_000.0)) == {"startPeriod": 0, "limit": 7_000.0}


def test_in_ampere_the_setpoint_is_per_phase() -> None:
    told = lease(-6_900.0, replace(ABLE, rate_unit=RateUnit.A, phases=3, voltage_v=230.0))
    assert period(told)["setpoint"] == -10.0
    assert period(told)["numberPhases"] == 3


@pytest.mark.parametrize(
    "less",
    [
        {"discharge_dialect": DischargeDialect.NONE},
        {"discharge_dialect": DischargeDialect.NEGATIVE_LIMIT},
        {"v2x": replace(V2X, modes=frozenset({"ChargingOnly"}))},
        {"v2x": replace(V2X, energy_transfer="AC_three_phase")},
        {"v2x": replace(V2X, energy_transfer=None)},
    ],
    ids=["no dialect", "another dialect", "mode not supported", "vehicle only charges", "unsaid"],
)
def test_a_discharge_that_may_not_be_told_becomes_a_limit_of_0(less: dict) -> None:
    told = lease(-5_000.0, replace(ABLE, **less))
    assert told.setpoint_w == 0.0
    assert period(told) == {"startPeriod": 0, "limit": 0.0}


def test_the_first_discharge_is_a_probe() -> None:
    told = lease(-5_000.0, replace(ABLE, discharge_proven_at=None))
    assert told.setpoint_w == -1_000.0
    assert period(told)["setpoint"] == -1_000.0


def test_k01_fr80_the_id_lies_above_those_of_the_station() -> None:
    told = lease(7_000.0, replace(ABLE, v2x=replace(V2X, highest_external_id=5_000)))
    assert sent(told)["chargingProfile"]["id"] == 6_002


def test_a_lease_does_not_outlive_the_connection_where_the_station_can_tell() -> None:
    can = replace(V2X, supports=frozenset({Support.MAX_OFFLINE_DURATION}))
    assert (
        sent(lease(7_000.0, replace(ABLE, v2x=can)))["chargingProfile"]["maxOfflineDuration"] == 300
    )
    assert "maxOfflineDuration" not in sent(lease(7_000.0))["chargingProfile"]


DYNAMIC = replace(ABLE, v2x=replace(V2X, supports=frozenset({Support.DYNAMIC_PROFILES})))


def test_k28_a_dynamic_lease_starts_at_once_and_runs_out_by_itself() -> None:
    profile = sent(lease(-5_000.0, DYNAMIC))["chargingProfile"]
    (schedule,) = profile["chargingSchedule"]
    assert profile["chargingProfileKind"] == "Dynamic"
    assert not {"validFrom", "validTo"} & profile.keys()
    assert "startSchedule" not in schedule
    assert (schedule["duration"], profile["dynUpdateInterval"]) == (450, 75)


def test_a_discharge_that_would_never_end_is_not_sent() -> None:
    endless = Quirks(valid_to_honoured=False, duration_honoured=False)
    abilities = replace(ABLE, quirks=endless)
    setpoint = Setpoint(setpoint_w=-5_000.0, until=NOW + timedelta(minutes=10))
    told = dialect21.lease(setpoint, EvseId(2), TransactionId("tx1"), abilities, NOW)
    assert told is SetpointRefusal.LEASE_NEVER_ENDS


def test_a_discharge_is_no_pause() -> None:
    assert lease(-5_000.0, replace(ABLE, quirks=Quirks(pausing=Pausing.STOP))).setpoint_w == -5_000


def test_a_dynamic_lease_needs_a_station_that_honours_its_duration() -> None:
    v2x = replace(V2X, supports=frozenset({Support.DYNAMIC_PROFILES}))
    told = lease(5_000.0, replace(ABLE, v2x=v2x, quirks=Quirks(duration_honoured=False)))
    profile = sent(told)["chargingProfile"]
    assert (profile["chargingProfileKind"], told.dynamic) == ("Absolute", None)
    assert "validTo" in profile


def test_k28_a_renewal_of_the_same_mode_is_an_update() -> None:
    known = lease(-5_000.0, DYNAMIC).dynamic
    update = dialect21.renewal(lease(-3_000.0, DYNAMIC), known)
    assert update is not None
    assert msgspec.to_builtins(update) == {
        "chargingProfileId": 1_002,
        "scheduleUpdate": {"setpoint": -3_000.0},
    }


@pytest.mark.parametrize(
    ("setpoint_w", "lease_s"),
    [(3_000.0, 600.0), (-3_000.0, 400.0), (-3_000.0, 1_200.0)],
    ids=["other mode", "would outlive the lease", "would end before the next renewal"],
)
def test_k28_else_the_profile_is_set_anew(setpoint_w: float, lease_s: float) -> None:
    known = lease(-5_000.0, DYNAMIC).dynamic
    assert dialect21.renewal(lease(setpoint_w, DYNAMIC, lease_s), known) is None
    assert dialect21.renewal(lease(-3_000.0, DYNAMIC), None) is None
    assert dialect21.renewal(lease(-3_000.0), known) is None


@pytest.mark.parametrize("abilities", [ABLE, DYNAMIC])
def test_a_withdrawn_discharge_is_a_limit_of_0(abilities: StationAbilities) -> None:
    told = dialect21.zeroed(lease(-5_000.0, abilities))
    assert period(told) == {"startPeriod": 0, "limit": 0.0}
    assert told.dynamic is None or told.dynamic.operation_mode == "ChargingOnly"


def composite(unit: str = "W", **fields: object) -> wire.GetCompositeScheduleResponse:
    schedule = {
        "evseId": 2,
        "duration": 60,
        "scheduleStart": NOW,
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [{"startPeriod": 0} | fields],
    }
    told = {"status": "Accepted", "schedule": schedule}
    return msgspec.convert(told, wire.GetCompositeScheduleResponse)


@pytest.mark.parametrize(
    ("response", "power_w"),
    [
        (composite(setpoint=-5_000.0, limit=7_000.0), -5_000.0),
        (composite(limit=7_000.0), 7_000.0),
        (composite(setpoint=-1.0, setpoint_L2=-2.0, setpoint_L3=-3.0), -6.0),
        (composite("A", limit=10.0, numberPhases=1), 2_300.0),
        (composite(), None),
    ],
)
def test_the_composite_schedule_says_a_setpoint_or_a_limit(
    response: wire.GetCompositeScheduleResponse, power_w: float | None
) -> None:
    assert dialect21.composite_w(response, ABLE, NOW) == power_w


def test_what_is_no_setpoint_is_refused_as_in_every_version() -> None:
    at = NOW + timedelta(minutes=10)
    for told, why in (
        (Setpoint(setpoint_w=float("nan"), until=at), SetpointRefusal.NOT_A_NUMBER),
        (Setpoint(setpoint_w=float("-inf"), until=at), SetpointRefusal.NOT_A_NUMBER),
        (Setpoint(setpoint_w=-1.0, until=NOW), SetpointRefusal.LEASE_OVER),
    ):
        assert dialect21.lease(told, EvseId(1), TransactionId("tx"), ABLE, NOW) is why
    fine = Setpoint(setpoint_w=-1.0, until=at)
    assert dialect21.lease(fine, None, TransactionId("tx"), ABLE, NOW) is SetpointRefusal.NO_EVSE
    assert dialect21.lease(fine, EvseId(1), None, ABLE, NOW) is SetpointRefusal.NO_TRANSACTION


DROOP = curve_of(
    [{"frequency_hz": 49.8, "power_w": -2_000.0}, {"frequency_hz": 50.2, "power_w": 1_000.0}]
)
RESPONDS = replace(
    ABLE,
    v2x=replace(V2X, modes=V2X.modes | {"LocalFrequency"}),
    frequency_response=DROOP,
)


def responding(setpoint_w: float, abilities: StationAbilities = RESPONDS) -> dialect21.Lease:
    setpoint = Setpoint(setpoint_w=setpoint_w, until=NOW + timedelta(seconds=600), responds=True)
    told = dialect21.lease(setpoint, EvseId(2), TransactionId("tx1"), abilities, NOW)
    assert isinstance(told, dialect21.Lease)
    return told


@pytest.mark.parametrize("setpoint_w", [-5_000.0, 0.0, 7_000.0])
def test_q08_fr01_where_it_responds_the_setpoint_is_the_baseline_of_its_curve(
    setpoint_w: float,
) -> None:
    told = responding(setpoint_w)
    assert period(told) == {
        "startPeriod": 0,
        "operationMode": "LocalFrequency",
        "v2xBaseline": setpoint_w,
        "v2xFreqWattCurve": [
            {"frequency": 49.8, "power": -2_000.0},
            {"frequency": 50.2, "power": 1_000.0},
        ],
    }
    assert (told.setpoint_w, told.highest_w) == (setpoint_w, setpoint_w + 1_000)
    assert period(dialect21.zeroed(told)) == {"startPeriod": 0, "limit": 0}


@pytest.mark.parametrize(
    "less",
    [
        {"frequency_response": ()},
        {"discharge_proven_at": None},
        {"discharge_dialect": DischargeDialect.NONE},
        {"v2x": V2X},
        {"v2x": replace(RESPONDS.v2x, energy_transfer="DC")},
        {"rate_unit": RateUnit.A},
    ],
    ids=["no curve", "not proven", "no dialect", "no such mode", "only charges", "speaks ampere"],
)
def test_who_cannot_respond_holds_its_setpoint(less: dict) -> None:
    assert period(responding(7_000.0, replace(RESPONDS, **less)))["limit"] > 0


def test_who_is_not_asked_to_respond_does_not() -> None:
    assert period(lease(7_000.0, RESPONDS)) == {"startPeriod": 0, "limit": 7_000.0}


def test_a_lease_that_responds_is_no_dynamic_profile() -> None:
    dynamic = replace(RESPONDS.v2x, supports=frozenset({Support.DYNAMIC_PROFILES}))
    told = responding(-5_000.0, replace(RESPONDS, v2x=dynamic))
    assert told.dynamic is None
    assert sent(told)["chargingProfile"]["chargingProfileKind"] == "Absolute"
