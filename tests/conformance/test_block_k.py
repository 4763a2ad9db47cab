"""Block K: smart charging: profiles set, replaced, cleared and reported, limits of others, and
vehicles that negotiate."""

from datetime import timedelta
from typing import Any

import pytest

from csms.clock import wall_now
from csms.domain.commands import CommandStatus
from csms.domain.ids import ChargingStationId
from csms.store import tables
from csms.store.charging import charging_state
from csms.store.commands import StoredCommand
from tests.conformance.conftest import Bench, shared_loop_fixture, until
from tests.conformance.sessions import Session, now_text
from tests.conformance.station import Answer, Payload

pytestmark = pytest.mark.integration

CONFIRMED, REFUSED = CommandStatus.CONFIRMED, CommandStatus.REFUSED
ACCEPTED: Payload = {"status": "Accepted"}
FLOOR = (0, 1)


@shared_loop_fixture()
async def session(bench: Bench) -> Session:
    """Nothing has happened yet at EVSE 1; the floor is set."""
    return Session(bench, await bench.station())


def schedule(limit: float = 6000.0, *, starts: bool = True, **more: Any) -> Payload:
    told: Payload = {
        "id": 9,
        "chargingRateUnit": "W",
        "duration": 3600,
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": limit, "numberPhases": 3}],
    }
    return told | ({"startSchedule": now_text()} if starts else {}) | more


def profile(purpose: str = "TxDefaultProfile", limit: float = 6000.0, **more: Any) -> Payload:
    return {
        "id": 60,
        "stackLevel": 1,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute",
        "validFrom": now_text(),
        "validTo": now_text(3600),
        "chargingSchedule": [schedule(limit)],
    } | more


async def asked(
    session: Session, kind: str, payload: Payload, answer: Answer, evse_id: int | None = None
) -> StoredCommand:
    """An operator's command as it is heard, answered, and ended."""
    command = await session.bench.command(session.station, kind, payload, evse_id)
    heard = await session.station.expect(kind, answer)
    assert {name: heard[name] for name in payload} == payload
    return await session.bench.outcome(command)


async def set_profile(
    session: Session, told: Payload, evse_id: int = 1, answer: Answer = ACCEPTED
) -> StoredCommand:
    payload = {"evseId": evse_id, "chargingProfile": told}
    return await asked(session, "SetChargingProfile", payload, answer)


async def held(session: Session, side: str = "set") -> dict[tuple[int, int], Payload]:
    """(EVSE, id) → the profile, as one side tells it; without the floor."""
    rows = await session.bench.hub.rows(tables.charging_profile, session.station.station_id)
    found = {
        (row["evse_id"], row["profile_id"]): row["payload"] for row in rows if row["side"] == side
    }
    found.pop(FLOOR, None)
    return found


# Set (K01, K04)


async def test_tc_k_01_csms_set_a_default_for_one_evse(session: Session) -> None:
    told = profile()
    assert (await set_profile(session, told)).status is CONFIRMED
    assert await held(session) == {(1, 60): told}


async def test_k01_fr03_no_tx_profile_leaves_without_its_transaction(session: Session) -> None:
    """We know before the station must say so: it is refused by name, and never sent."""
    told = profile("TxProfile", 7000.0, transactionId="tx-of-nobody")
    payload = {"evseId": 1, "chargingProfile": told}
    command = await session.bench.command(session.station, "SetChargingProfile", payload)
    outcome = await session.bench.outcome(command)
    assert (outcome.status, outcome.reason) == (REFUSED, "transaction_not_open")
    heard = [one for action, one in session.station.heard if action == "SetChargingProfile"]
    assert all(one["chargingProfile"]["id"] == FLOOR[1] for one in heard)
    assert await held(session) == {}


async def test_tc_k_03_csms_set_the_maximum_of_the_station(session: Session) -> None:
    told = profile("ChargingStationMaxProfile", 8000.0)
    assert (await set_profile(session, told, 0)).status is CONFIRMED
    assert await held(session) == {(0, 60): told}


async def test_tc_k_04_csms_replace_by_the_same_id(session: Session) -> None:
    await set_profile(session, profile(limit=8000.0))
    told = profile(limit=6000.0)
    assert (await set_profile(session, told)).status is CONFIRMED
    assert await held(session) == {(1, 60): told}


async def test_tc_k_10_csms_set_a_default_for_all_evses(session: Session) -> None:
    told = profile()
    assert (await set_profile(session, told, 0)).status is CONFIRMED
    assert await held(session) == {(0, 60): told}


async def test_tc_k_15_csms_set_where_it_is_not_supported(session: Session) -> None:
    outcome = await set_profile(session, profile(), answer={"error": "NotSupported"})
    assert (outcome.status, outcome.reason) == (REFUSED, "NotSupported")
    assert await held(session) == {}


async def test_tc_k_19_csms_set_a_recurring_one(session: Session) -> None:
    told = profile(chargingProfileKind="Recurring", recurrencyKind="Daily")
    assert (await set_profile(session, told)).status is CONFIRMED
    assert await held(session) == {(1, 60): told}


async def test_tc_k_60_csms_set_a_tx_profile_for_the_running_transaction(session: Session) -> None:
    await session.charging()
    told = profile("TxProfile", stackLevel=0, transactionId=session.transaction_id)
    assert (await set_profile(session, told)).status is CONFIRMED
    assert await held(session) == {(1, 60): told}


async def test_tc_k_70_csms_set_several_of_different_levels(session: Session) -> None:
    first, second = profile(), profile(id=61, stackLevel=2, limit=5000.0)
    for told in (first, second):
        assert (await set_profile(session, told)).status is CONFIRMED
    assert await held(session) == {(1, 60): first, (1, 61): second}


async def test_tc_k_37_csms_remote_start_with_a_profile(session: Session) -> None:
    await session.plugged_in()
    told = profile("TxProfile", stackLevel=0, chargingProfileKind="Relative")
    told["chargingSchedule"] = [schedule(starts=False)]
    payload = {"idToken": session.id_token, "evseId": 1, "chargingProfile": told}
    command = await session.bench.command(session.station, "RequestStartTransaction", payload)
    heard = await session.station.expect("RequestStartTransaction", ACCEPTED)
    sent = heard["chargingProfile"]
    assert (sent["chargingProfilePurpose"], sent["chargingProfileKind"]) == (
        "TxProfile",
        "Relative",
    )
    assert "transactionId" not in sent
    assert (heard["idToken"], heard["evseId"]) == (session.id_token, 1)
    assert (await session.bench.outcome(command)).status is CONFIRMED
    number = heard["remoteStartId"]
    await session.tell("Updated", "RemoteStart", remote=number, token=True)
    assert (await session.kept())["remote_start_id"] == number
    assert await held(session) == {(1, 1001): sent}


# Clear (K10)


async def reported(session: Session, *profiles: Payload, **more: Any) -> None:
    """Everything that the station holds, as it reports it when asked."""
    criterion = {"chargingLimitSource": ["CSO", "EMS", "Other", "SO"]}
    await report(session, {"chargingProfile": criterion}, [(1, list(profiles))], **more)


async def report(
    session: Session,
    payload: Payload,
    parts: list[tuple[int, list[Payload]]],
    source: str = "CSO",
) -> Payload:
    """GetChargingProfiles and the report that follows; what the csms asked for."""
    command = await session.bench.command(session.station, "GetChargingProfiles", payload)
    heard = await session.station.expect("GetChargingProfiles", ACCEPTED)
    assert (await session.bench.outcome(command)).status is CONFIRMED
    for number, (evse_id, profiles) in enumerate(parts, 1):
        part = {
            "requestId": heard["requestId"],
            "chargingLimitSource": source,
            "evseId": evse_id,
            "chargingProfile": profiles,
            "tbc": number < len(parts),
        }
        assert await session.station.call("ReportChargingProfiles", part) == {}
    return heard


async def test_tc_k_05_csms_clear_by_id(session: Session) -> None:
    told = profile()
    await set_profile(session, told)
    await reported(session, told)
    outcome = await asked(session, "ClearChargingProfile", {"chargingProfileId": 60}, ACCEPTED)
    assert outcome.status is CONFIRMED
    assert (await held(session), await held(session, "reported")) == ({}, {})


CRITERIA = {"chargingProfilePurpose": "TxDefaultProfile", "evseId": 1, "stackLevel": 1}


async def test_tc_k_06_csms_clear_by_level_and_purpose(session: Session) -> None:
    other = profile(id=61, stackLevel=2)
    for told in (profile(), other):
        await set_profile(session, told)
    payload = {"chargingProfileCriteria": CRITERIA}
    outcome = await asked(session, "ClearChargingProfile", payload, ACCEPTED)
    assert outcome.status is CONFIRMED
    assert await held(session) == {(1, 61): other}


async def test_tc_k_08_csms_clear_what_was_never_there(session: Session) -> None:
    payload = {"chargingProfileCriteria": CRITERIA}
    outcome = await asked(session, "ClearChargingProfile", payload, {"status": "Unknown"})
    assert (outcome.status, outcome.reason) == (REFUSED, "Unknown")
    assert await held(session) == {}


# Report (K09)


async def asks(
    session: Session, evse_id: int | None, criterion: Payload, told: Payload, source: str = "CSO"
) -> None:
    """Asked so, the station reports `told`, and that is what is known of it."""
    payload: Payload = {"chargingProfile": criterion}
    if evse_id is not None:
        payload["evseId"] = evse_id
    at = evse_id or 0
    heard = await report(session, payload, [(at, [told])], source)
    assert heard == {"requestId": heard["requestId"], **payload}
    assert (await held(session, "reported"))[at, told["id"]] == told
    row = await session.bench.hub.row(tables.charging_profile_report, session.station.station_id)
    assert row["completed_at"] is not None
    not_ours = source == "CSO"
    assert row["differences"] == [f"profile {told['id']} was not set by us"] * not_ours


async def test_tc_k_29_csms_report_of_the_station_itself(session: Session) -> None:
    told = profile("ChargingStationMaxProfile")
    await asks(session, 0, {"chargingProfilePurpose": "ChargingStationMaxProfile"}, told)


async def test_tc_k_30_csms_report_of_one_evse(session: Session) -> None:
    await asks(session, 1, {"chargingLimitSource": ["CSO"]}, profile())


async def test_tc_k_31_csms_report_of_all_evses_in_parts(session: Session) -> None:
    for evse_id in (1, 2):
        await set_profile(session, profile(id=60 + evse_id), evse_id)
    given = await held(session)
    floor = (await session.station.heard_of("SetChargingProfile"))["chargingProfile"]
    parts = [(0, [floor]), *((evse_id, [given[evse_id, 60 + evse_id]]) for evse_id in (1, 2))]
    payload: Payload = {"chargingProfile": {"chargingLimitSource": ["CSO"]}}
    heard = await report(session, payload, parts)
    assert "evseId" not in heard
    assert await held(session, "reported") == given
    row = await session.bench.hub.row(tables.charging_profile_report, session.station.station_id)
    assert (row["completed_at"] is None, row["differences"]) == (False, [])


async def test_tc_k_32_csms_report_of_one_id(session: Session) -> None:
    await asks(session, None, {"chargingProfileId": [60]}, profile())


async def test_tc_k_33_csms_report_of_one_level_of_an_evse(session: Session) -> None:
    await asks(session, 1, {"stackLevel": 1}, profile())


async def test_tc_k_34_csms_report_of_one_source_of_an_evse(session: Session) -> None:
    told = profile("ChargingStationExternalConstraints", id=-5)
    await asks(session, 1, {"chargingLimitSource": ["EMS"]}, told, "EMS")


async def test_tc_k_35_csms_report_of_one_purpose_of_an_evse(session: Session) -> None:
    await asks(session, 1, {"chargingProfilePurpose": "TxDefaultProfile"}, profile())


async def test_tc_k_36_csms_report_of_one_purpose_and_level_of_an_evse(session: Session) -> None:
    criterion = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 1}
    await asks(session, 1, criterion, profile())


async def test_k09_a_profile_that_the_station_lost_is_named(session: Session) -> None:
    await set_profile(session, profile())
    payload: Payload = {"evseId": 1, "chargingProfile": {"stackLevel": 1}}
    command = await session.bench.command(session.station, "GetChargingProfiles", payload)
    await session.station.expect("GetChargingProfiles", {"status": "NoProfiles"})
    assert (await session.bench.outcome(command)).reason == "NoProfiles"
    row = await session.bench.hub.row(tables.charging_profile_report, session.station.station_id)
    assert row["differences"] == ["profile 60 is missing"]


# Composite schedules (K08)


def composite(limit: float, evse_id: int) -> Answer:
    def answer(request: Payload) -> Payload:
        period = {"startPeriod": 0, "limit": limit}
        told = {
            "chargingSchedulePeriod": [period],
            "evseId": evse_id,
            "duration": request["duration"],
            "scheduleStart": now_text(),
            "chargingRateUnit": request["chargingRateUnit"],
        }
        return {"status": "Accepted", "schedule": told}

    return answer


async def compared(session: Session, evse_id: int, limit: float) -> StoredCommand:
    payload = {"evseId": evse_id, "duration": 300, "chargingRateUnit": "W"}
    outcome = await asked(session, "GetCompositeSchedule", payload, composite(limit, evse_id))
    assert outcome.status is CONFIRMED
    return outcome


async def test_tc_k_43_csms_composite_schedule_of_one_evse(session: Session) -> None:
    await session.charging()
    outcome = await compared(session, 1, 1400)
    assert (outcome.reason, outcome.response["schedule"]["evseId"]) == (None, 1)
    await set_profile(session, profile(limit=6000.0))
    assert (await compared(session, 1, 6000)).reason is None
    outcome = await compared(session, 1, 11_000)
    assert outcome.reason == "station_allows_more"
    (deviation,) = outcome.response["comparison"]["deviations"]
    assert (deviation["expected_w"], deviation["told_w"]) == (6000, 11_000)


async def test_tc_k_44_csms_composite_schedule_of_the_station(session: Session) -> None:
    other = Session(session.bench, session.station, evse_id=2)
    for one in (session, other):
        await one.charging()
    outcome = await compared(session, 0, 2800)
    assert (outcome.reason, outcome.response["schedule"]["evseId"]) == (None, 0)
    await set_profile(session, profile("ChargingStationMaxProfile", 2000.0), 0)
    assert (await compared(session, 0, 2000)).reason is None
    assert (await compared(session, 0, 2800)).reason == "station_allows_more"


# Limits of others (K11–K14)


async def limits(session: Session) -> list[tuple[int, str]]:
    """(EVSE, source) of the limits in force."""
    async with session.bench.hub.engine.connect() as conn:
        state = await charging_state(conn, ChargingStationId(session.station.station_id))
    return [(one.evse_id, one.source) for one in state.limits]


async def limited(session: Session, limit: float = 1000.0) -> None:
    told = {"chargingLimit": {"chargingLimitSource": "EMS"}, "chargingSchedule": [schedule(limit)]}
    assert await session.station.call("NotifyChargingLimit", told) == {}


async def test_tc_k_48_csms_a_limit_of_others_is_in_force(session: Session) -> None:
    told = {"chargingLimit": {"chargingLimitSource": "EMS"}}
    assert await session.station.call("NotifyChargingLimit", told) == {}
    assert await limits(session) == [(0, "EMS")]
    await limited(session)
    assert await limits(session) == [(0, "EMS")]
    await session.charging()
    assert (await compared(session, 1, 1000)).reason is None
    assert (await compared(session, 1, 1400)).reason == "station_allows_more"


async def test_tc_k_50_csms_a_limit_of_others_is_released(session: Session) -> None:
    await limited(session)
    cleared = {"chargingLimitSource": "EMS"}
    assert await session.station.call("ClearedChargingLimit", cleared) == {}
    assert await limits(session) == []


async def test_tc_k_51_csms_a_limit_of_others_is_released_while_charging(session: Session) -> None:
    await limited(session)
    await session.charging()
    assert await session.station.call("ClearedChargingLimit", {"chargingLimitSource": "EMS"}) == {}
    await session.tell("Updated", "ChargingRateChanged", "Charging")
    assert await limits(session) == []
    assert (await compared(session, 1, 1400)).reason is None
    assert (await session.kept())["charging_state"] == "Charging"


async def test_tc_k_52_csms_a_limit_of_others_is_reported(session: Session) -> None:
    told = profile("ChargingStationExternalConstraints", 1000.0, id=-7)
    await asks(session, 0, {"chargingLimitSource": ["EMS"]}, told, "EMS")
    await session.charging()
    assert (await compared(session, 1, 1000)).reason is None


# Vehicles that negotiate (K15–K17)

NEEDS: Payload = {
    "evseId": 1,
    "maxScheduleTuples": 3,
    "chargingNeeds": {
        "requestedEnergyTransfer": "AC_three_phase",
        "acChargingParameters": {
            "energyAmount": 20_000,
            "evMinCurrent": 6,
            "evMaxCurrent": 16,
            "evMaxVoltage": 230,
        },
    },
}


async def needs_told(session: Session) -> Payload:
    """The vehicle tells its needs; the schedule that it is offered (K15.FR.07)."""
    answer = await session.station.call("NotifyEVChargingNeeds", NEEDS)
    assert answer == {"status": "Processing"}
    return await offered(session)


async def offered(session: Session) -> Payload:
    """It may come before the answer to what it follows is read."""

    def is_ours(heard: Payload) -> bool:
        return heard["chargingProfile"].get("transactionId") == session.transaction_id

    heard = await session.station.next_of("SetChargingProfile", is_ours)
    told: Payload = heard["chargingProfile"]
    assert heard["evseId"] == 1
    assert told["chargingProfilePurpose"] == "TxProfile"
    await until(lambda: _is_held(session, told))
    return told


async def _is_held(session: Session, told: Payload) -> bool:
    return (await held(session)).get((1, told["id"])) == told


async def wants(session: Session, told: Payload, limit: float | None = None) -> str:
    """The vehicle's own schedule: as offered, or with another limit; what the csms says of it."""
    wanted = dict(told["chargingSchedule"][0])
    if limit is not None:
        wanted["chargingSchedulePeriod"] = [{"startPeriod": 0, "limit": limit}]
    notice = {"timeBase": now_text(), "evseId": 1, "chargingSchedule": wanted}
    answer = await session.station.call("NotifyEVChargingSchedule", notice)
    return str(answer["status"])


async def negotiated(session: Session) -> Payload:
    """Plugged in, authorized, needs told, schedule offered, accepted and followed."""
    await session.plugged_in()
    await session.tell("Updated", "Authorized", token=True)
    told = await needs_told(session)
    assert await wants(session, told) == "Accepted"
    await session.tell("Updated", "ChargingStateChanged", "Charging")
    return told


@shared_loop_fixture()
async def vehicle(session: Session) -> Session:
    """A station that can be read back."""
    session.station.answers["GetCompositeSchedule"] = {"status": "Rejected"}
    return session


async def test_tc_k_53_csms_load_levelling_with_a_vehicle(vehicle: Session) -> None:
    told = await negotiated(vehicle)
    (period,) = told["chargingSchedule"][0]["chargingSchedulePeriod"]
    assert period["limit"] == 1400  # the floor, until somebody plans
    row = await vehicle.bench.hub.row(tables.charging_needs, vehicle.station.station_id)
    assert (row["energy_wh"], row["max_charge_w"]) == (20_000, 11_040)


async def test_tc_k_55_csms_a_vehicle_that_wants_more_is_offered_again(vehicle: Session) -> None:
    await vehicle.plugged_in()
    await vehicle.tell("Updated", "Authorized", token=True)
    told = await needs_told(vehicle)
    assert await wants(vehicle, told, 11_000) == "Rejected"
    await vehicle.tell("Updated", "ChargingStateChanged", "Charging")
    again = await offered(vehicle)
    assert await wants(vehicle, again) == "Accepted"
    await vehicle.tell("Updated", "ChargingRateChanged", "Charging")
    assert (await vehicle.kept())["charging_state"] == "Charging"


async def test_tc_k_57_csms_the_vehicle_negotiates_anew(vehicle: Session) -> None:
    await negotiated(vehicle)
    told = await needs_told(vehicle)
    await vehicle.tell("Updated", "ChargingRateChanged", "Charging")
    assert await wants(vehicle, told) == "Accepted"


async def renegotiated(session: Session, setpoint_w: float) -> Payload:
    """The hub changes its mind: a setpoint, as the controller commands it."""
    until_at = wall_now() + timedelta(minutes=10)
    payload = {"setpoint_w": setpoint_w, "until": until_at.isoformat(), "reason": "test"}
    await session.bench.setpoint(session.station, payload)
    told = await offered(session)
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == setpoint_w
    return told


async def test_tc_k_58_csms_we_negotiate_anew(vehicle: Session) -> None:
    await negotiated(vehicle)
    told = await renegotiated(vehicle, 7000)
    assert await wants(vehicle, told) == "Accepted"
    await vehicle.tell("Updated", "ChargingRateChanged", "Charging")


async def test_tc_k_59_csms_needs_told_again_are_answered_with_what_holds(
    vehicle: Session,
) -> None:
    await negotiated(vehicle)
    await renegotiated(vehicle, 7000)
    told = await needs_told(vehicle)
    assert told["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"] == 7000
    assert await wants(vehicle, told) == "Accepted"
    await vehicle.tell("Updated", "ChargingRateChanged", "Charging")
