"""Block J: meter values, wherever they come, with the signatures that they came with."""

import json
from typing import Any

import pytest

from csms.domain.meter import ReadingContext
from csms.store import tables
from tests.conformance.conftest import Bench, shared_loop_fixture
from tests.conformance.sessions import SIGNED, Session, meter_value, now_text
from tests.conformance.station import Payload

pytestmark = pytest.mark.integration

CLOCK = ReadingContext.SAMPLE_CLOCK.value
PERIODIC = ReadingContext.SAMPLE_PERIODIC.value
BEGIN = ReadingContext.TRANSACTION_BEGIN.value
END = ReadingContext.TRANSACTION_END.value


@shared_loop_fixture()
async def session(bench: Bench) -> Session:
    """Nothing has happened yet at EVSE 1."""
    return Session(bench, await bench.station())


async def readings(session: Session) -> list[tuple[int, str, float, str | None]]:
    """(EVSE, context, import register in Wh, transaction) of all that is kept, by time."""
    rows = await session.bench.hub.rows(tables.meter_reading, session.station.station_id)
    rows.sort(key=lambda row: (row["at"], row["evse_id"]))
    return [
        (row["evse_id"], row["context"], row["import_wh"], row["transaction_id"]) for row in rows
    ]


def signatures(payload: str) -> list[Any]:
    """The signed values of an event, as its text in the ledger has them."""
    return [
        sample["signedMeterValue"]
        for value in json.loads(payload)["meterValue"]
        for sample in value["sampledValue"]
        if "signedMeterValue" in sample
    ]


async def test_tc_j_01_csms_clock_aligned_without_a_transaction(session: Session) -> None:
    for number in range(3):
        for evse_id in (0, 1, 2):
            value = meter_value(100 * number + evse_id, CLOCK, seconds=10 * number - 30)
            told = {"evseId": evse_id, "meterValue": [value]}
            assert await session.station.call("MeterValues", told) == {}
        event = {
            "eventId": number,
            "timestamp": now_text(10 * number - 30),
            "trigger": "Periodic",
            "actualValue": str(100 * number),
            "eventNotificationType": "HardWiredNotification",
            "component": {"name": "FiscalMetering"},
            "variable": {"name": "EnergyImportRegister"},
        }
        notice = {"generatedAt": now_text(), "seqNo": 0, "eventData": [event]}
        assert await session.station.call("NotifyEvent", notice) == {}
    assert sorted(await readings(session)) == [
        (evse_id, CLOCK, 100.0 * number + evse_id, None)
        for evse_id in (0, 1, 2)
        for number in range(3)
    ]


async def test_tc_j_02_csms_clock_aligned_during_a_transaction(session: Session) -> None:
    await session.charging(1000)
    for number in (1, 2, 3):
        value = meter_value(1000 + 5 * number, CLOCK, seconds=2 * number)
        assert await session.tell("Updated", "MeterValueClock", meterValue=[value]) == {}
    assert (await session.kept())["imported_wh"] == 15
    ours = session.transaction_id
    assert (await readings(session))[1:] == [
        (1, CLOCK, 1000.0 + 5 * number, ours) for number in (1, 2, 3)
    ]


async def ended_with(session: Session, context: str, **more: Any) -> Payload:
    """Charged, and ended by an event with samples of `context` and one of the end."""
    await session.charging(1000)
    values = [meter_value(1000 + 5 * n, context, seconds=2 * n, **more) for n in (1, 2, 3)]
    values.append(meter_value(1020, END, seconds=8, **more))
    answer = await session.tell(
        "Ended", "EVCommunicationLost", "Idle", stopped="EVDisconnected", meterValue=values
    )
    row = await session.kept()
    assert (row["imported_wh"], row["flags"], row["ended_at"] is None) == (20, [], False)
    kept = (await readings(session))[1:]
    assert [(one[1], one[2]) for one in kept] == [
        (context, 1005.0),
        (context, 1010.0),
        (context, 1015.0),
        (END, 1020.0),
    ]
    return answer


async def test_tc_j_03_csms_clock_aligned_in_the_last_event(session: Session) -> None:
    assert await ended_with(session, CLOCK) == {}


async def test_tc_j_04_csms_clock_aligned_and_signed(session: Session) -> None:
    assert await ended_with(session, CLOCK, signedMeterValue=SIGNED) == {}
    assert signatures((await session.ledger())[-1]["payload"]) == [SIGNED] * 4


async def test_tc_j_07_csms_sampled_in_the_first_event(session: Session) -> None:
    await session.plugged_in(meterValue=[meter_value(1000, BEGIN)])
    assert await readings(session) == [(1, BEGIN, 1000.0, session.transaction_id)]


async def test_tc_j_08_csms_sampled_at_the_begin_before_an_evse_is_known(session: Session) -> None:
    await session.tell("Started", "Authorized", token=True, evse=False)
    value = meter_value(1000, BEGIN)
    await session.tell("Updated", "CablePluggedIn", "EVConnected", evse=True, meterValue=[value])
    value = meter_value(1007, seconds=5)
    await session.tell("Updated", "ChargingStateChanged", "Charging", meterValue=[value])
    assert (await session.kept())["imported_wh"] == 7
    assert (await readings(session))[0] == (1, BEGIN, 1000.0, session.transaction_id)


async def test_the_begin_counts_though_its_event_named_no_evse(session: Session) -> None:
    value = meter_value(1000, BEGIN)
    await session.tell("Started", "Authorized", token=True, evse=False, meterValue=[value])
    value = meter_value(1007, seconds=5)
    await session.tell("Updated", "CablePluggedIn", "Charging", evse=True, meterValue=[value])
    assert (await session.kept())["imported_wh"] == 7


async def test_tc_j_09_csms_sampled_during_a_transaction(session: Session) -> None:
    await session.charging(1000)
    for number in (1, 2, 3):
        value = meter_value(1000 + 4 * number, PERIODIC, seconds=2 * number)
        assert await session.tell("Updated", "MeterValuePeriodic", meterValue=[value]) == {}
    assert (await session.kept())["imported_wh"] == 12


async def test_tc_j_10_csms_sampled_in_the_last_event(session: Session) -> None:
    assert await ended_with(session, PERIODIC) == {}


async def test_tc_j_11_csms_sampled_and_signed(session: Session) -> None:
    assert await ended_with(session, PERIODIC, signedMeterValue=SIGNED) == {}
    assert signatures((await session.ledger())[-1]["payload"]) == [SIGNED] * 4


async def test_a_signature_outside_a_transaction_is_kept_letter_for_letter(
    session: Session,
) -> None:
    value = meter_value(12, CLOCK, signedMeterValue=SIGNED)
    told = {"evseId": 1, "meterValue": [value]}
    for _ in range(2):
        assert await session.station.call("MeterValues", told) == {}
    row = await session.bench.hub.row(tables.signed_meter_value, session.station.station_id)
    assert (row["evse_id"], row["context"]) == (1, CLOCK)
    assert row["measurand"] == "Energy.Active.Import.Register"
    assert {
        "signedMeterData": row["signed_meter_data"],
        "signingMethod": row["signing_method"],
        "encodingMethod": row["encoding_method"],
        "publicKey": row["public_key"],
    } == SIGNED


# What cannot be true is kept, flagged, and not billed (reliability.md, F14)


@pytest.mark.parametrize(
    ("samples", "billed_wh", "flag"),
    [
        # 150 kWh within 15 s
        ([(0, 1000, 11_000), (15, 151_000, 11_000)], 0, "import_register_jump"),
        # 384 Wh within 5 s at 11 kW
        ([(0, 1000, 11_000), (5, 1384, 11_000), (10, 1399, 11_000)], 15, "import_register_jump"),
        # power 0 while energy rises: the register is believed
        ([(0, 1000, 0), (30, 1090, 0)], 90, "import_register_without_power"),
        # one message in kWh labelled Wh
        (
            [(0, 1000, 11_000), (15, 1.046, 11_000), (30, 1092, 11_000)],
            92,
            "import_register_reset",
        ),
    ],
)
async def test_what_cannot_be_is_flagged_and_what_cannot_have_flowed_not_billed(
    session: Session, samples: list[tuple[int, float, float]], billed_wh: float, flag: str
) -> None:
    await session.plugged_in()
    for seconds, wh, power_w in samples:
        value = meter_value(wh, seconds=seconds)
        power = {"value": power_w, "measurand": "Power.Active.Import"}
        value["sampledValue"].append(power)
        await session.tell("Updated", "MeterValuePeriodic", "Charging", meterValue=[value])
    row = await session.kept()
    assert row["imported_wh"] == pytest.approx(billed_wh)
    assert flag in row["flags"]
    assert len(await readings(session)) == len(samples)
