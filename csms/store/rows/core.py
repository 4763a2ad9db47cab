"""Rows of what stations, transactions and meters tell, of commands and the outbox."""

from collections.abc import Iterator
from dataclasses import asdict
from hashlib import blake2b

from csms.domain.facts import (
    ChargingNeedsTold,
    CommandAsked,
    ConnectorStatusChanged,
    Noticed,
    ReadingsTaken,
    StationBooted,
    StationProvisioned,
    Told,
    TransactionEventStored,
    TransactionProjected,
)
from csms.domain.facts_clock import ClockMeasured
from csms.store.commands import row_of
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import core as statements


@rows_of_fact.register
def _booted(fact: StationBooted) -> Iterator[StatementRow]:
    yield (
        statements.BOOTED,
        (
            fact.station_id,
            fact.at,
            fact.vendor,
            fact.model,
            fact.firmware_version,
            fact.serial_number,
            fact.registration_status,
            fact.provisioned,
            fact.discharge_dialect,
            fact.setpoint_holds_s,
        ),
    )


@rows_of_fact.register
def _provisioned(fact: StationProvisioned) -> Iterator[StatementRow]:
    yield statements.PROVISIONED, (fact.station_id,)


@rows_of_fact.register
def _clock(fact: ClockMeasured) -> Iterator[StatementRow]:
    yield statements.CLOCK, (fact.station_id, fact.off_s)


@rows_of_fact.register
def _connector(fact: ConnectorStatusChanged) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.evse_id, fact.connector_id)
    yield statements.CONNECTOR, (*key, fact.status, fact.at)
    yield from _evse_seen(fact.station_id, fact.evse_id, fact.at)


def _evse_seen(station_id: str, evse_id: int, at: object) -> Iterator[StatementRow]:
    if evse_id > 0:
        yield statements.LIVE, (station_id, evse_id, at, *(None,) * 7)


@rows_of_fact.register
def _event(fact: TransactionEventStored) -> Iterator[StatementRow]:
    yield (
        statements.TRANSACTION_EVENT,
        (
            fact.station_id,
            fact.transaction_id,
            fact.seq_no,
            fact.event_type,
            fact.at,
            fact.content_hash,
            fact.received_at,
            fact.trigger_reason,
            fact.offline,
            fact.ocpp_version.value,
            fact.payload.decode(),
            ",".join(fact.flags),
        ),
    )


@rows_of_fact.register
def _transaction(fact: TransactionProjected) -> Iterator[StatementRow]:
    yield (
        statements.TRANSACTION,
        (
            fact.station_id,
            fact.transaction_id,
            fact.event_count,
            fact.evse_id,
            fact.connector_id,
            fact.id_token,
            fact.started_at,
            fact.ended_at,
            fact.last_event_at,
            fact.imported_wh,
            fact.exported_wh,
            fact.charging_state,
            fact.stopped_reason,
            fact.remote_start_id,
            fact.reservation_id,
            ",".join(fact.flags),
        ),
    )
    if fact.evse_id is not None and fact.evse_id > 0:
        yield from _evse_seen(fact.station_id, fact.evse_id, fact.last_event_at)
        yield statements.EVSE_TRANSACTION, (fact.station_id, fact.evse_id)


@rows_of_fact.register
def _readings(fact: ReadingsTaken) -> Iterator[StatementRow]:
    """The readings as told; a live value never claims a later time than we received it."""
    station_id, evse_id = fact.station_id, fact.evse_id
    for one in fact.readings:
        yield (
            statements.READING,
            (
                station_id,
                evse_id,
                one.at,
                one.context.value,
                fact.transaction_id,
                fact.received_at,
                one.power_w,
                one.import_wh,
                one.export_wh,
                one.soc_pct,
                one.current_a,
                one.voltage_v,
                ",".join(one.flags),
            ),
        )
        if evse_id > 0:
            at = min(one.at, fact.received_at)
            register_told = one.import_wh is not None or one.export_wh is not None
            yield (
                statements.LIVE,
                (
                    station_id,
                    evse_id,
                    fact.received_at,
                    one.power_w,
                    None if one.power_w is None else at,
                    one.import_wh,
                    one.export_wh,
                    at if register_told else None,
                    one.soc_pct,
                    None if one.soc_pct is None else at,
                ),
            )


@rows_of_fact.register
def _needs(fact: ChargingNeedsTold) -> Iterator[StatementRow]:
    yield (
        statements.CHARGING_NEEDS,
        (
            fact.station_id,
            fact.evse_id,
            fact.at,
            fact.departure_at,
            fact.energy_wh,
            fact.capacity_wh,
            fact.soc_pct,
            fact.max_charge_w,
            fact.max_discharge_w,
            fact.target_soc_pct,
            fact.requested_energy_transfer,
            dump_json(fact.payload),
        ),
    )


@rows_of_fact.register
def _notice(fact: Noticed) -> Iterator[StatementRow]:
    payload = dump_json(fact.payload)
    content_hash = blake2b(payload.encode(), digest_size=16).hexdigest()
    key = (fact.station_id, fact.kind, fact.at, content_hash)
    yield statements.NOTICE, (*key, fact.received_at, fact.severity, payload)


@rows_of_fact.register
def _command(fact: CommandAsked) -> Iterator[StatementRow]:
    row = row_of(fact.command) | {"payload": dump_json(fact.command.payload)}
    yield statements.COMMAND, tuple(row[name] for name in statements.COMMAND_COLUMNS.split())


@rows_of_fact.register
def _told(fact: Told) -> Iterator[StatementRow]:
    event = fact.event
    payload = dump_json(asdict(event))
    yield statements.OUTBOX, (type(event).__name__, event.station_id, fact.at, payload)
