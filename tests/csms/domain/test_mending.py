"""What stations tell wrong, put right: signs, units and numbers, in the words of every version."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from csms.domain import messages as m
from csms.domain import messages_charging as mk
from csms.domain.ids import ChargingStationId, EvseId
from csms.domain.mending import (
    INBOUND,
    NO_MENDS,
    Mend,
    Mends,
    event_mended,
    mended,
    mends_in,
    mends_of,
    reading_mended,
)
from csms.domain.meter import MeterReading
from csms.domain.quirks import NAMES, EnergyScale, MeterSign, Quirks
from csms.domain.station import OcppVersion
from csms.domain.transaction import Transaction, TransactionEvent
from csms.ocppj.codecs import CODECS

T0 = datetime(2026, 3, 1, 8, tzinfo=UTC)
AT = "2026-03-01T08:00:00Z"
READING = MeterReading(
    at=T0, power_w=4_000.0, import_wh=12.5, export_wh=3.0, current_a=17.0, voltage_v=230.0
)
V2X = (OcppVersion.V201, OcppVersion.V21)


def told_201(evse: dict[str, int] | None, *samples: dict[str, Any]) -> bytes:
    event: dict[str, Any] = {
        "eventType": "Updated",
        "timestamp": AT,
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 1,
        "transactionInfo": {"transactionId": "tx"},
    }
    if evse is not None:
        event["evse"] = evse
    if samples:
        event["meterValue"] = [{"timestamp": AT, "sampledValue": list(samples)}]
    return json.dumps(event).encode()


def told_16(connector_id: int, *samples: dict[str, Any]) -> bytes:
    value = {"timestamp": AT, "sampledValue": list(samples) or [{"value": "1"}]}
    told = {"connectorId": connector_id, "transactionId": 7, "meterValue": [value]}
    return json.dumps(told).encode()


def event(version: OcppVersion, payload: bytes) -> TransactionEvent:
    return CODECS[version].transaction_event(payload)


def test_the_standard_mends_nothing_and_each_quirk_its_own() -> None:
    assert mends_of(Quirks()) == NO_MENDS
    assert mends_of(
        Quirks(
            energy_scale=EnergyScale.KWH_AS_WH, meter_sign=MeterSign.SWAPPED, evses_from_zero=True
        )
    ) == {Mend.ENERGY_WAS_KWH, Mend.DIRECTIONS_SWAPPED, Mend.EVSES_FROM_ZERO}
    assert mends_of(
        Quirks(energy_scale=EnergyScale.WH_AS_KWH, meter_sign=MeterSign.POWER_INVERTED)
    ) == {Mend.ENERGY_WAS_WH, Mend.POWER_INVERTED}
    assert set(INBOUND) <= set(NAMES)


@pytest.mark.parametrize(
    ("mend", "expected"),
    [
        (Mend.ENERGY_WAS_KWH, {"import_wh": 12_500.0, "export_wh": 3_000.0}),
        (Mend.ENERGY_WAS_WH, {"import_wh": 0.0125, "export_wh": 0.003}),
        (Mend.POWER_INVERTED, {"power_w": -4_000.0, "current_a": -17.0}),
        (
            Mend.DIRECTIONS_SWAPPED,
            {"power_w": -4_000.0, "current_a": -17.0, "import_wh": 3.0, "export_wh": 12.5},
        ),
        (Mend.EVSES_FROM_ZERO, {}),
    ],
)
def test_a_reading_is_mended_and_flagged_where_it_changed(
    mend: Mend, expected: dict[str, Any]
) -> None:
    flags = (mend.value,) if expected else ()
    assert reading_mended(READING, frozenset({mend})) == replace(READING, **expected, flags=flags)


def test_what_was_not_told_stays_unknown_and_nothing_is_flagged() -> None:
    silent = MeterReading(at=T0, soc_pct=50.0)
    assert reading_mended(silent, frozenset(Mend)) == silent


def test_no_power_has_no_sign() -> None:
    still = MeterReading(at=T0, power_w=0.0)
    assert str(reading_mended(still, frozenset({Mend.POWER_INVERTED})).power_w) == "0.0"


@pytest.mark.parametrize(
    ("version", "payload"),
    [
        (OcppVersion.V16, told_16(1, {"value": "5000", "measurand": "Power.Active.Import"})),
        *((v, told_201({"id": 1}, {"value": 5_000, "measurand": "Power.Active.Import"}))
          for v in V2X),
    ],
)  # fmt: skip
def test_a_discharge_told_as_positive_is_a_discharge(version: OcppVersion, payload: bytes) -> None:
    told = event(version, payload)
    meant = event_mended(told, frozenset({Mend.POWER_INVERTED}))
    assert [one.power_w for one in meant.readings] == [-5_000.0]
    assert (meant.key, meant.payload) == (told.key, payload), "identity and text are as told"
    assert Mend.POWER_INVERTED in meant.flags


@pytest.mark.parametrize(
    ("version", "payload", "meant"),
    [
        (OcppVersion.V16, told_16(0), 1),
        (OcppVersion.V16, told_16(1), 2),
        *((v, told_201({"id": 0, "connectorId": 1}), 1) for v in V2X),
        *((v, told_201({"id": 0, "connectorId": 0}), 1) for v in V2X),
        *((v, told_201({"id": 1}), 2) for v in V2X),
        *((v, told_201(None), None) for v in V2X),
    ],
)
def test_an_event_at_a_station_that_counts_from_zero(
    version: OcppVersion, payload: bytes, meant: int | None
) -> None:
    told = event_mended(event(version, payload), frozenset({Mend.EVSES_FROM_ZERO}))
    assert told.evse_id == meant
    assert (Mend.EVSES_FROM_ZERO in told.flags) is (meant is not None)


def test_a_stop_of_1_6_names_no_connector_and_gets_none() -> None:
    stop = {"transactionId": 7, "meterStop": 12, "timestamp": AT}
    told = event(OcppVersion.V16, json.dumps(stop).encode())
    assert event_mended(told, frozenset({Mend.EVSES_FROM_ZERO})) == told


@pytest.mark.parametrize(
    ("action", "version", "payload", "evse_id", "connector_id"),
    [
        ("StatusNotification", OcppVersion.V16, (0, None), 1, 1),
        ("StatusNotification", OcppVersion.V16, (1, None), 2, 1),
        ("StatusNotification", OcppVersion.V201, (0, 1), 1, 1),
        ("StatusNotification", OcppVersion.V21, (0, 0), 1, 1),
        ("StatusNotification", OcppVersion.V21, (1, 2), 2, 2),
    ],
)
def test_a_status_at_a_station_that_counts_from_zero(
    action: str,
    version: OcppVersion,
    payload: tuple[int, int | None],
    evse_id: int,
    connector_id: int,
) -> None:
    first, second = payload
    said: dict[str, Any] = {"connectorId": first, "errorCode": "NoError", "status": "Charging"}
    if second is not None:
        said = {"evseId": first, "connectorId": second, "connectorStatus": "Occupied"}
    told = CODECS[version].decode(action, json.dumps({**said, "timestamp": AT}).encode())
    meant = mended(told, frozenset({Mend.EVSES_FROM_ZERO}))
    assert isinstance(meant, m.StatusNotification)
    assert (meant.evse_id, meant.connector_id) == (evse_id, connector_id)
    assert meant.event is None or meant.event.evse_id == evse_id
    assert (meant.event is None) is (version is not OcppVersion.V16)


def test_zero_stays_the_station_where_it_may_mean_it() -> None:
    mends = frozenset({Mend.EVSES_FROM_ZERO})
    for evse_id, meant in ((0, 0), (1, 2)):
        limit = mended(mk.NotifyChargingLimit(evse_id=EvseId(evse_id), source="EMS"), mends)
        assert isinstance(limit, mk.NotifyChargingLimit)
        assert limit.evse_id == meant
    needs = mended(m.NotifyEVChargingNeeds(evse_id=EvseId(0)), mends)
    assert isinstance(needs, m.NotifyEVChargingNeeds)
    assert needs.evse_id == 1
    assert mended(m.Heartbeat(), mends) == m.Heartbeat()


def test_readings_outside_a_transaction_are_mended_too() -> None:
    told = m.MeterValues(evse_id=EvseId(0), readings=(READING,))
    meant = mended(told, frozenset({Mend.ENERGY_WAS_KWH, Mend.EVSES_FROM_ZERO}))
    assert isinstance(meant, m.MeterValues)
    assert (meant.evse_id, meant.readings[0].import_wh) == (1, 12_500.0)
    assert mended(told, NO_MENDS) is told


SAMPLES = st.lists(
    st.builds(
        lambda measurand, value: {"measurand": measurand, "value": value},
        st.sampled_from(
            [
                "Energy.Active.Import.Register",
                "Energy.Active.Export.Register",
                "Power.Active.Import",
                "Power.Active.Export",
                "Current.Import",
                "SoC",
            ]
        ),
        st.integers(-50, 500).map(float),
    ),
    min_size=1,
    max_size=6,
    unique_by=lambda one: one["measurand"],
)


@given(SAMPLES, st.frozensets(st.sampled_from(Mend)), st.integers(0, 2), st.sampled_from(V2X))
def test_the_flags_of_the_ledger_replay_what_was_mended_then(
    samples: list[dict[str, Any]], mends: Mends, evse_id: int, version: OcppVersion
) -> None:
    told = event(version, told_201({"id": evse_id}, *samples))
    meant = event_mended(told, mends)
    line = replace(told, flags=meant.flags)  # what the ledger gives back, whatever the quirks now
    replayed = event_mended(line, mends_in(line.flags))
    assert replayed == meant
    none = Transaction(station_id=ChargingStationId("cs"), transaction_id=told.transaction_id)
    assert none.apply(replayed) == none.apply(meant)
