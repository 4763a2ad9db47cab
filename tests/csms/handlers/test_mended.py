"""Quirks of what a station tells count before any handler hears of it; its text stays as told."""

import json
from datetime import timedelta
from typing import Any

import pytest

from csms.domain.facts import (
    ConnectorStatusChanged,
    ReadingsTaken,
    TransactionEventStored,
    TransactionProjected,
)
from csms.domain.mending import Mend
from csms.domain.station import OcppVersion
from csms.handlers.routing import ABOUT_EVSES
from csms.ocppj.codecs import CODECS
from tests.csms.handlers.conftest import STATION, T0, Hub, iso


def event(seq_no: int, import_register: float, export_register: float) -> dict[str, Any]:
    at = iso(T0 + timedelta(minutes=seq_no))
    samples = [
        {"measurand": "Energy.Active.Import.Register", "value": import_register},
        {"measurand": "Energy.Active.Export.Register", "value": export_register},
        {"measurand": "Power.Active.Import", "value": 6_000.0},
    ]
    return {
        "eventType": "Updated" if seq_no else "Started",
        "timestamp": at,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": seq_no,
        "transactionInfo": {"transactionId": "tx"},
        "evse": {"id": 0},
        "meterValue": [{"timestamp": at, "sampledValue": samples}],
    }


@pytest.mark.parametrize("version", [OcppVersion.V201, OcppVersion.V21])
async def test_energies_power_and_evse_come_out_right_and_the_ledger_keeps_the_text(
    hub: Hub, version: OcppVersion
) -> None:
    hub.version = version
    hub.store.mends[STATION] = frozenset(
        {Mend.ENERGY_WAS_KWH, Mend.DIRECTIONS_SWAPPED, Mend.EVSES_FROM_ZERO}
    )
    told = [event(0, 5.0, 1.0), event(30, 8.0, 1.0)]
    for one in told:
        hub.now = T0 + timedelta(minutes=one["seqNo"])
        await hub.tell("TransactionEvent", one)

    projected = hub.kept(TransactionProjected)[-1]
    assert (projected.evse_id, projected.imported_wh, projected.exported_wh) == (1, 0.0, 3_000.0)
    live = hub.kept(ReadingsTaken)[-1]
    assert (live.evse_id, live.readings[-1].power_w) == (1, -6_000.0)
    lines = hub.kept(TransactionEventStored)
    assert [json.loads(line.payload) for line in lines] == told
    assert {"energy_was_kwh", "directions_swapped", "evses_from_zero"} <= set(lines[-1].flags)


async def test_a_start_and_a_status_of_1_6_at_connector_zero(hub: Hub) -> None:
    hub.version = OcppVersion.V16
    hub.store.mends[STATION] = frozenset({Mend.EVSES_FROM_ZERO})
    start = {"connectorId": 0, "idTag": "GOOD", "meterStart": 0, "timestamp": iso(T0)}
    await hub.tell("StartTransaction", start)
    hub.later(60)
    status = {"connectorId": 0, "errorCode": "NoError", "status": "Charging"}
    await hub.tell("StatusNotification", {**status, "timestamp": iso(hub.now)})

    projected = hub.kept(TransactionProjected)[-1]
    assert (projected.evse_id, projected.charging_state) == (1, "Charging")
    (changed,) = hub.kept(ConnectorStatusChanged)
    assert (changed.evse_id, changed.connector_id) == (1, 1)


async def test_what_is_told_of_the_main_meter_by_others_stays_there(hub: Hub) -> None:
    value = {"timestamp": iso(T0), "sampledValue": [{"value": 7.0}]}
    await hub.tell("MeterValues", {"evseId": 0, "meterValue": [value]})
    (taken,) = hub.kept(ReadingsTaken)
    assert (taken.evse_id, taken.readings[0].import_wh) == (0, 7.0)


def test_every_message_with_an_evse_of_its_own_is_among_them() -> None:
    known = {action for codec in CODECS.values() for action in codec.ACTIONS}
    assert known >= ABOUT_EVSES
