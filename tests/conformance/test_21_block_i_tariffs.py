"""Block I08 of OCPP 2.1: a driver's own tariff, for a station that computes by it."""

import pytest
from sqlalchemy import insert, update

from csms.clock import wall_now
from csms.store import tables, tariffs
from tests.conformance.conftest import Bench
from tests.conformance.people import token
from tests.conformance.station import Payload, ScriptedStation, require_valid
from tests.conformance.v2x import now

pytestmark = pytest.mark.integration
VAT = [{"type": "VAT", "tax": 20}]
TARIFF = {
    "currency": "GBP",
    "energy": [
        {"price": "0.10", "from_time": "00:30:00", "to_time": "05:30:00", "days": [6, 7]},
        {"price": "0.25"},
    ],
    "idle_time": [{"price": "6", "after_s": 900}],
    "fixed": [{"price": "0.50"}],
    "vat_pct": "20",
}


async def computes(bench: Bench) -> ScriptedStation:
    """A station with TariffCostCtrlr.Enabled[Tariff]."""
    station = await bench.station("2.1")
    data = {
        "component": {"name": "TariffCostCtrlr"},
        "variable": {"name": "Enabled", "instance": "Tariff"},
        "variableAttribute": [{"value": "true"}],
    }
    report = {"requestId": 1, "generatedAt": now(), "seqNo": 0, "reportData": [data]}
    await station.call("NotifyReport", report)
    return station


async def of_driver(bench: Bench, card: dict[str, str]) -> None:
    """The card's own tariff."""
    tariff_id = f"driver-{card['idToken']}"
    row = {
        "tariff_id": tariff_id,
        "definition": {"tariff_id": tariff_id, **TARIFF},
        "updated_at": wall_now(),
    }
    async with bench.hub.engine.begin() as conn:
        await conn.execute(insert(tables.tariff).values(row))
        await tariffs.use(conn, "token", card["idToken"].lower(), tariff_id)


async def authorized(station: ScriptedStation, card: dict[str, str]) -> Payload:
    told = await station.call("Authorize", {"idToken": card})
    assert told["idTokenInfo"]["status"] == "Accepted"
    return told


async def test_tc21_i_109_csms_a_drivers_tariff_comes_with_the_authorization(bench: Bench) -> None:
    station, card = await computes(bench), await token(bench)
    assert "tariff" not in await authorized(station, card)
    await of_driver(bench, card)
    tariff = (await authorized(station, card))["tariff"]
    require_valid("2.1", "SetDefaultTariffRequest", {"evseId": 0, "tariff": tariff})
    tariff_id = tariff.pop("tariffId")
    night = {
        "startTimeOfDay": "00:30",
        "endTimeOfDay": "05:30",
        "dayOfWeek": ["Saturday", "Sunday"],
    }
    assert tariff == {
        "currency": "GBP",
        "energy": {
            "prices": [{"priceKwh": 0.1, "conditions": night}, {"priceKwh": 0.25}],
            "taxRates": VAT,
        },
        "idleTime": {
            "prices": [{"priceMinute": 0.1, "conditions": {"minIdleTime": 900}}],
            "taxRates": VAT,
        },
        "fixedFee": {"prices": [{"priceFixed": 0.5}], "taxRates": VAT},
    }
    async with bench.hub.engine.begin() as conn:  # I08.FR.08: another content, another id
        table = tables.tariff
        dearer = {"tariff_id": f"driver-{card['idToken']}", **TARIFF, "fixed": [{"price": "1"}]}
        mine = table.c.tariff_id == dearer["tariff_id"]
        await conn.execute(update(table).where(mine).values(definition=dearer))
    assert (await authorized(station, card))["tariff"]["tariffId"] != tariff_id


async def test_i08_a_station_that_does_not_compute_gets_no_tariff(bench: Bench) -> None:
    station, card = await bench.station("2.1"), await token(bench)
    await of_driver(bench, card)
    assert "tariff" not in await authorized(station, card)
