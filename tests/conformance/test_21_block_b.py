"""Block B of OCPP 2.1: the scenarios of 2.0.1 on 2.1 sockets, and what 2.1 adds."""

import base64

import pytest
from websockets.asyncio.client import connect

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance import test_block_b as b
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration


async def test_tc21_b_01_csms_cold_boot_accepted(bench21: Bench) -> None:
    await b.test_tc_b_01_csms_cold_boot_accepted(bench21)


async def test_tc21_b_02_csms_cold_boot_pending(bench21: Bench) -> None:
    await b.test_tc_b_02_csms_cold_boot_pending(bench21)


async def test_tc21_b_08_csms_get_variables_limited_to_the_maximum(bench21: Bench) -> None:
    await b.test_tc_b_08_csms_get_variables_limited_to_the_maximum(bench21)


async def test_tc21_b_14_csms_base_report_summary_inventory(bench21: Bench) -> None:
    await b.test_tc_b_14_csms_base_report_summary_inventory(bench21)


async def test_tc21_b_18_csms_custom_report(bench21: Bench) -> None:
    await b.test_tc_b_18_csms_custom_report(bench21)


async def test_tc21_b_06_csms_get_variables_single(bench21: Bench) -> None:
    await b.test_tc_b_06_csms_get_variables_single(bench21)


async def test_tc21_b_09_csms_set_variables_single(bench21: Bench) -> None:
    await b.test_tc_b_09_csms_set_variables_single(bench21)


async def test_tc21_b_12_csms_base_report_configuration_inventory(bench21: Bench) -> None:
    await b.test_tc_b_12_csms_base_report_configuration_inventory(bench21)


async def test_tc21_b_13_csms_base_report_full_inventory(bench21: Bench) -> None:
    await b.test_tc_b_13_csms_base_report_full_inventory(bench21)


async def test_tc21_b_20_csms_reset_station_on_idle_without_transaction(bench21: Bench) -> None:
    await b.test_tc_b_20_csms_reset_station_on_idle_without_transaction(bench21)


async def test_tc21_b_21_csms_reset_station_on_idle_with_transaction(bench21: Bench) -> None:
    await b.test_tc_b_21_csms_reset_station_on_idle_with_transaction(bench21)


async def test_tc21_b_22_csms_reset_station_immediate_with_transaction(bench21: Bench) -> None:
    await b.test_tc_b_22_csms_reset_station_immediate_with_transaction(bench21)


async def reset(bench21: Bench, *, running: bool) -> ScriptedStation:
    """ImmediateAndResume: what runs goes on after the boot, under the same transaction id."""
    station = await bench21.station()
    if running:
        await v2x.starts(station)
    payload = {"type": "ImmediateAndResume"}
    asked = await bench21.command(station, "Reset", payload)
    assert await station.expect("Reset", {"status": "Accepted"}) == payload
    assert (await bench21.outcome(asked)).status is CommandStatus.CONFIRMED
    await v2x.reboot(station, "RemoteReset")
    if running:
        await v2x.event(station, "Updated", 1, "TxResumed")
    return station


async def test_tc21_b_103_csms_reset_and_resume_with_a_transaction(bench21: Bench) -> None:
    station = await reset(bench21, running=True)

    async def goes_on() -> bool:
        rows = await bench21.hub.rows(tables.transaction, station.station_id)
        return [(row["event_count"], row["ended_at"]) for row in rows] == [(2, None)]

    assert await until(goes_on)


async def test_tc21_b_104_csms_reset_and_resume_without_a_transaction(bench21: Bench) -> None:
    station = await reset(bench21, running=False)
    row = await bench21.hub.row(tables.charging_station, station.station_id)
    assert row["registration_status"] == "Accepted"


async def test_tc21_b_116_csms_reset_and_resume_with_smart_charging(bench21: Bench) -> None:
    """After the resumption a lease is told again: a TxProfile need not survive a reboot."""
    station = await reset(bench21, running=True)
    station.answers["GetCompositeSchedule"] = lambda asked: v2x.composite(station, asked)
    done = await bench21.outcome(await v2x.setpoint(bench21, station, 7_000, version=1))
    assert done.status is CommandStatus.CONFIRMED, done.reason
    sent = [told for action, told in station.heard if action == "SetChargingProfile"][-1]
    assert sent["chargingProfile"]["transactionId"] == v2x.TRANSACTION


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["ocpp2.1"], "ocpp2.1"), (["ocpp2.0.1", "ocpp2.1"], "ocpp2.1"), (["ocpp3.0"], None)],
)
async def test_tc21_b_58_csms_websocket_subprotocol(
    bench21: Bench, offered: list[str], chosen: str | None
) -> None:
    station_id, password = await bench21.hub.new_station()
    token = base64.b64encode(f"{station_id}:{password}".encode()).decode()
    async with connect(
        f"{bench21.hub.url}/{station_id}",
        subprotocols=offered,  # type: ignore[arg-type]
        additional_headers={"Authorization": f"Basic {token}"},
    ) as socket:
        assert socket.subprotocol == chosen
        if chosen is None:
            await socket.wait_closed()
            assert socket.close_code == 1002
