"""Block I of OCPP 2.1: tariffs that the station computes by."""

import pytest

from csms.domain.commands import CommandStatus
from csms.store import tables
from tests.conformance import v2x
from tests.conformance.conftest import Bench, until
from tests.conformance.station import ScriptedStation

pytestmark = pytest.mark.integration


def tariff(tariff_id: str, *conditions: dict) -> dict:
    prices = [{"priceKwh": 0.3, "conditions": one} for one in conditions] or [{"priceKwh": 0.3}]
    return {"tariffId": tariff_id, "currency": "GBP", "energy": {"prices": prices}}


async def held(bench: Bench, station: ScriptedStation) -> set[tuple[int, str, str]]:
    rows = await bench.hub.rows(tables.station_tariff, station.station_id)
    return {(row["evse_id"], row["tariff_id"], row["kind"]) for row in rows}


async def test_tc21_i_101_csms_set_default_tariff_with_time_of_day(bench: Bench) -> None:
    station = await bench.station("2.1")
    night = {"startTimeOfDay": "22:00", "endTimeOfDay": "06:00"}
    payload = {"evseId": 0, "tariff": tariff("night", night)}
    asked = await bench.command(station, "SetDefaultTariff", payload)
    assert await station.expect("SetDefaultTariff", {"status": "Accepted"}) == payload
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    assert await held(bench, station) == {(0, "night", "DefaultTariff")}


async def not_taken(bench: Bench, status: str) -> None:
    """A default tariff that the station refuses is not held, and the reason is told."""
    station = await bench.station("2.1")
    payload = {"evseId": 1, "tariff": tariff("no", {"startTimeOfDay": "22:00"})}
    asked = await bench.command(station, "SetDefaultTariff", payload)
    assert await station.expect("SetDefaultTariff", {"status": status}) == payload
    done = await bench.outcome(asked)
    assert (done.status, done.reason) == (CommandStatus.REFUSED, status)
    assert await held(bench, station) == set()


async def test_tc21_i_102_csms_set_default_tariff_with_too_many_elements(bench: Bench) -> None:
    await not_taken(bench, "TooManyElements")


async def test_tc21_i_105_csms_set_default_tariff_conditions_not_supported(bench: Bench) -> None:
    await not_taken(bench, "ConditionNotSupported")


@pytest.mark.parametrize("status", ["DuplicateTariffId", "Rejected"])
async def test_tc21_i_106_csms_set_default_tariff_validations(bench: Bench, status: str) -> None:
    await not_taken(bench, status)


async def test_tc21_i_106_csms_an_impossible_tariff_does_not_leave(bench: Bench) -> None:
    station = await bench.station("2.1")
    payload = {"evseId": 1, "tariff": {"tariffId": "x", "currency": "POUNDS"}}
    done = await bench.outcome(await bench.command(station, "SetDefaultTariff", payload))
    assert done.status is CommandStatus.REFUSED
    assert (done.reason or "").startswith("bad_payload")
    assert "SetDefaultTariff" not in [action for action, _ in station.heard]


async def test_tc21_i_110_csms_get_and_clear_tariffs(bench: Bench) -> None:
    station = await bench.station("2.1")
    asked = await bench.command(station, "GetTariffs", {"evseId": 0})
    assignments = [
        {"tariffId": "day", "tariffKind": "DefaultTariff", "evseIds": [1, 2]},
        {"tariffId": "vip", "tariffKind": "DriverTariff", "evseIds": [2]},
    ]
    await station.expect("GetTariffs", {"status": "Accepted", "tariffAssignments": assignments})
    assert (await bench.outcome(asked)).status is CommandStatus.CONFIRMED
    everything = {
        (1, "day", "DefaultTariff"),
        (2, "day", "DefaultTariff"),
        (2, "vip", "DriverTariff"),
    }
    assert await held(bench, station) == everything

    asked = await bench.command(station, "ClearTariffs", {"tariffIds": ["day"], "evseId": 2})
    await station.expect(
        "ClearTariffs", {"clearTariffsResult": [{"tariffId": "day", "status": "Accepted"}]}
    )
    await bench.outcome(asked)
    assert await held(bench, station) == everything - {(2, "day", "DefaultTariff")}

    asked = await bench.command(station, "ClearTariffs", {})
    results = [{"tariffId": "day", "status": "Accepted"}, {"tariffId": "vip", "status": "Rejected"}]
    await station.expect("ClearTariffs", {"clearTariffsResult": results})
    done = await bench.outcome(asked)
    assert (done.status, done.reason) == (CommandStatus.REFUSED, "Rejected: vip")
    assert await held(bench, station) == {(2, "vip", "DriverTariff")}

    asked = await bench.command(station, "GetTariffs", {"evseId": 1})
    await station.expect("GetTariffs", {"status": "NoTariff"})
    assert (await bench.outcome(asked)).reason == "NoTariff"


async def changed(bench: Bench, status: str) -> list[str]:
    """The tariffs of the transaction, after the station answered so to another one."""
    station = await bench.station("2.1")
    await v2x.starts(station)
    payload = {
        "transactionId": v2x.TRANSACTION,
        "tariff": tariff("dear", {"minPower": 7_000}),
    }
    asked = await bench.command(station, "ChangeTransactionTariff", payload, 1)
    assert await station.expect("ChangeTransactionTariff", {"status": status}) == payload
    done = await bench.outcome(asked)
    if status == "Accepted":
        assert done.status is CommandStatus.CONFIRMED
        await v2x.event(station, "Updated", 1, "TariffChanged", info={"tariffId": "dear"})
    else:
        assert (done.status, done.reason) == (CommandStatus.REFUSED, status)
    rows = await bench.hub.rows(tables.transaction_tariff, station.station_id)
    return [row["tariff_id"] for row in rows]


async def test_tc21_i_113_csms_change_transaction_tariff_too_many_elements(bench: Bench) -> None:
    assert await changed(bench, "TooManyElements") == []


async def test_tc21_i_114_csms_change_transaction_tariff_without_conditions(bench: Bench) -> None:
    assert await changed(bench, "ConditionNotSupported") == []


async def test_tc21_i_115_csms_change_transaction_tariff(bench: Bench) -> None:
    assert await changed(bench, "Accepted") == ["dear"]


async def test_tc21_i_115_csms_a_transaction_keeps_its_currency(bench: Bench) -> None:
    assert await changed(bench, "NoCurrencyChange") == []


async def test_tc21_i_122_csms_keeps_the_stations_cost_details(bench: Bench) -> None:
    station = await bench.station("2.1")
    await v2x.starts(station)
    price = {"exclTax": 3.0, "inclTax": 3.6}
    details = {
        "totalCost": {
            "currency": "GBP",
            "typeOfCost": "NormalCost",
            "energy": price,
            "total": price,
        },
        "totalUsage": {"energy": 10.0, "chargingTime": 3_600, "idleTime": 0},
    }
    await v2x.event(station, "Ended", 1, "EVDeparted", costDetails=details,
                    info={"tariffId": "day"})  # fmt: skip

    async def kept() -> bool:
        rows = await bench.hub.rows(tables.transaction_event, station.station_id)
        return any(b"inclTax" in row["payload"].encode() for row in rows)

    assert await until(kept)
    transaction = await until(lambda: _ended(bench, station))
    assert transaction["ended_at"] is not None


async def _ended(bench: Bench, station: ScriptedStation) -> dict | None:
    rows = await bench.hub.rows(tables.transaction, station.station_id)
    return next((row for row in rows if row["ended_at"]), None)
