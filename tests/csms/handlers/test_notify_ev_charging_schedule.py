"""K15–K17: what a vehicle means to do is measured by what its profiles allow."""

from datetime import timedelta

import pytest

from csms.domain.charging_state import ChargingState, OpenTransaction
from csms.domain.commands import CommandKind, Setpoint
from csms.domain.composite import composite
from csms.domain.facts import Noticed
from csms.domain.facts_charging import ChargingProfileHeld, ProfileSide
from csms.domain.ids import EvseId, TransactionId
from csms.domain.station import OcppVersion
from csms.handlers import notify_ev_charging_schedule
from tests.csms.handlers.conftest import STATION, T0, iso


def schedule(limit, unit="W", **more):
    period = {"startPeriod": 0, "limit": limit}
    return {"id": 1, "chargingRateUnit": unit, "chargingSchedulePeriod": [period]} | more


def means(limit, unit="W", **more):
    wanted = schedule(limit, unit, **more)
    return {"timeBase": iso(T0), "evseId": 1, "chargingSchedule": wanted}


def held(profile_id, purpose, evse_id, limit, **more):
    profile = {
        "id": profile_id,
        "stackLevel": 0,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [schedule(limit, startSchedule=iso(T0 - timedelta(minutes=1)))],
    } | more
    return ChargingProfileHeld(
        station_id=STATION,
        side=ProfileSide.SET,
        evse_id=evse_id,
        profile_id=profile_id,
        at=T0,
        purpose=purpose,
        stack_level=0,
        payload=profile,
    )


@pytest.fixture
async def leased(hub):
    """A lease of 7 kW at EVSE 1 for ten minutes, over a floor of 1.4 kW."""
    until = T0 + timedelta(minutes=10)
    hub.store.charging = ChargingState(
        transactions={EvseId(1): OpenTransaction(TransactionId("tx1"), T0)},
        leases={EvseId(1): Setpoint(setpoint_w=7000, until=until)},
        evse_ids=(EvseId(1),),
    )
    lease = {"validTo": iso(until), "transactionId": "tx1"}
    await hub.store.commit(
        [held(1, "TxDefaultProfile", 0, 1400), held(1001, "TxProfile", 1, 7000, **lease)]
    )
    return hub


@pytest.mark.parametrize(
    "told", [means(7000), means(3000), means(10, "A"), means(7000, duration=7200), means(0)]
)
async def test_k15_fr11_within_the_limits_it_is_accepted_and_kept(leased, told):
    assert await leased.tell("NotifyEVChargingSchedule", told) == {"status": "Accepted"}
    (notice,) = leased.kept(Noticed)
    assert (notice.kind, notice.payload, notice.severity) == (
        "NotifyEVChargingSchedule",
        told,
        "info",
    )
    assert leased.store.commands == []


@pytest.mark.parametrize("told", [means(9000), means(16, "A")])
async def test_k15_fr12_beyond_them_it_is_rejected_and_offered_anew(leased, told):
    assert await leased.tell("NotifyEVChargingSchedule", told) == {"status": "Rejected"}
    (command,) = leased.store.commands
    assert (command.kind, command.evse_id) == (CommandKind.OFFER_SCHEDULE, 1)
    (notice,) = leased.kept(Noticed)
    assert notice.severity == "warning"


async def test_the_same_schedule_is_answered_by_one_renegotiation(leased):
    for _ in range(3):
        assert await leased.tell("NotifyEVChargingSchedule", means(9000)) == {"status": "Rejected"}
        leased.later(1)
    assert len(leased.store.commands) == 1


async def test_without_any_profile_nothing_is_exceeded(hub):
    told = means(22_000)
    assert await hub.tell("NotifyEVChargingSchedule", told) == {"status": "Accepted"}


async def test_a_limit_of_others_counts(leased):
    limit = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule(2000)]}
    await leased.tell("NotifyChargingLimit", limit)
    assert await leased.tell("NotifyEVChargingSchedule", means(3000)) == {"status": "Rejected"}


@pytest.mark.parametrize(
    "limit",
    [
        schedule(2000, startSchedule="9999-12-31T23:59:59Z", duration=2**31 - 1),
        schedule(9000, startSchedule="2026-03-01t07:00:00z"),
    ],
)
async def test_a_limit_of_any_time_that_can_be_said_stops_nobody(leased, limit):
    """What is stored as told must not break every later answer."""
    told = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [limit]}
    await leased.tell("NotifyChargingLimit", told)
    assert await leased.tell("NotifyEVChargingSchedule", means(3000)) == {"status": "Accepted"}


async def test_periods_of_2_1_without_a_number_are_judged_by_those_that_have_one(leased):
    leased.version = OcppVersion.V21
    silent = {"startPeriod": 0, "operationMode": "ExternalLimits"}
    wanted = means(3000, duration=3600)
    wanted["chargingSchedule"]["chargingSchedulePeriod"].append(silent | {"startPeriod": 60})
    limit = schedule(0) | {"chargingSchedulePeriod": [silent]}
    told = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [limit]}
    await leased.tell("NotifyChargingLimit", told)
    assert await leased.tell("NotifyEVChargingSchedule", wanted) == {"status": "Accepted"}
    wanted["chargingSchedule"]["chargingSchedulePeriod"][0]["limit"] = 9000
    assert await leased.tell("NotifyEVChargingSchedule", wanted) == {"status": "Rejected"}


async def test_a_schedule_of_years_is_judged_a_day_ahead(hub, monkeypatch):
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily"}
    await hub.store.commit([held(2, "TxDefaultProfile", 1, 7000, **daily)])
    ends = []

    def judged(profiles, evse_id, start_at, end_at, situation):
        ends.append(end_at)
        return composite(profiles, evse_id, start_at, end_at, situation)

    monkeypatch.setattr(notify_ev_charging_schedule, "composite", judged)
    told = means(3000, duration=2**31 - 1)
    assert await hub.tell("NotifyEVChargingSchedule", told) == {"status": "Accepted"}
    assert ends == [T0 + timedelta(days=1)]


@pytest.mark.parametrize(("on_its_way_w", "status"), [(9000, "Accepted"), (8000, "Rejected")])
async def test_a_setpoint_on_its_way_may_be_what_the_vehicle_follows(leased, on_its_way_w, status):
    leased.store.on_its_way_w[leased.station_id, 1] = on_its_way_w
    assert await leased.tell("NotifyEVChargingSchedule", means(9000)) == {"status": status}


@pytest.mark.parametrize(("phases", "accepted"), [({}, False), ({1: 1}, True), ({0: 1}, True)])
async def test_a_current_is_judged_over_the_phases_that_supply_the_evse(hub, phases, accepted):
    hub.store.charging = ChargingState(
        transactions={EvseId(1): OpenTransaction(TransactionId("tx1"), T0)},
        leases={EvseId(1): Setpoint(setpoint_w=4000, until=T0 + timedelta(minutes=10))},
        evse_ids=(EvseId(1),),
        phases=phases,
    )
    await hub.store.commit([held(1001, "TxProfile", 1, 4000, transactionId="tx1")])
    answer = await hub.tell("NotifyEVChargingSchedule", means(16, "A", duration=600))
    assert answer["status"] == ("Accepted" if accepted else "Rejected")
