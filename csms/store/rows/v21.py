"""Rows of what only OCPP 2.1 knows."""

from collections.abc import Iterable, Iterator

from csms.domain import facts_v21 as f
from csms.domain.v2x import V2X_CHARGING
from csms.store.engine import dump_json
from csms.store.rows.dispatch import StatementRow, rows_of_fact
from csms.store.statements import v21 as statements


@rows_of_fact.register
def _energy_transfer(fact: f.EnergyTransferAllowed) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.transaction_id, ",".join(fact.modes), fact.at)
    yield statements.ENERGY_TRANSFER, row


@rows_of_fact.register
def _dynamic_profile(fact: f.DynamicProfileSet) -> Iterator[StatementRow]:
    yield (
        statements.DYNAMIC_PROFILE,
        (
            fact.station_id,
            fact.profile_id,
            fact.evse_id,
            fact.transaction_id,
            fact.operation_mode,
            fact.duration_s,
            None if fact.values is None else dump_json(dict(fact.values)),
            fact.at,
        ),
    )


@rows_of_fact.register
def _dynamic_profile_gone(fact: f.DynamicProfileGone) -> Iterator[StatementRow]:
    yield statements.DYNAMIC_PROFILE_GONE, (fact.station_id, fact.profile_id, fact.at)


@rows_of_fact.register
def _priority_charging(fact: f.PriorityChargingTold) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.transaction_id, fact.activated, fact.at)
    yield statements.PRIORITY_CHARGING, row


@rows_of_fact.register
def _der_held(fact: f.DerControlHeld) -> Iterator[StatementRow]:
    one = fact.control
    yield (
        statements.DER_HELD,
        (
            fact.station_id,
            one.control_id,
            one.control_type,
            one.is_default,
            one.superseded,
            one.priority,
            one.starts_at,
            one.duration_s,
            dump_json(dict(one.values)),
            fact.at,
        ),
    )


@rows_of_fact.register
def _der_superseded(fact: f.DerControlsSuperseded) -> Iterator[StatementRow]:
    for control_id in fact.control_ids:
        yield statements.DER_SUPERSEDED, (fact.station_id, control_id)


@rows_of_fact.register
def _der_ran(fact: f.DerControlRan) -> Iterator[StatementRow]:
    times = (fact.at, None) if fact.started else (None, fact.at)
    yield statements.DER_RAN, (fact.station_id, fact.control_id, *times)


@rows_of_fact.register
def _der_cleared(fact: f.DerControlsCleared) -> Iterator[StatementRow]:
    which = (fact.is_default, fact.control_type, fact.control_id)
    yield statements.DER_CLEARED, (fact.station_id, *which, fact.at)


@rows_of_fact.register
def _stream_opened(fact: f.EventStreamOpened) -> Iterator[StatementRow]:
    limits = (fact.interval_s, fact.max_values)
    key = (fact.station_id, fact.stream_id)
    yield (
        statements.STREAM_OPENED,
        (*key, fact.variable_monitoring_id, *limits, fact.at, None, None),
    )


@rows_of_fact.register
def _stream_adjusted(fact: f.EventStreamAdjusted) -> Iterator[StatementRow]:
    row = (fact.station_id, fact.stream_id, fact.interval_s, fact.max_values)
    yield statements.STREAM_ADJUSTED, row


@rows_of_fact.register
def _stream_closed(fact: f.EventStreamClosed) -> Iterator[StatementRow]:
    yield statements.STREAM_CLOSED, (fact.station_id, fact.stream_id, fact.at)


@rows_of_fact.register
def _stream_read(fact: f.EventStreamRead) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.stream_id)
    yield statements.STREAM_PENDING, (*key, fact.pending)
    for one in fact.values:
        yield statements.STREAM_VALUE, (*key, one.at, one.value, fact.received_at)


@rows_of_fact.register
def _battery_swap(fact: f.BatterySwapped) -> Iterator[StatementRow]:
    for one in fact.batteries:
        yield (
            statements.BATTERY_SWAP,
            (
                fact.station_id,
                fact.request_id,
                fact.event,
                one.serial_number,
                one.evse_id,
                fact.id_token,
                one.soc_pct,
                one.soh_pct,
                fact.at,
            ),
        )


@rows_of_fact.register
def _settlement(fact: f.PaymentSettled) -> Iterator[StatementRow]:
    yield (
        statements.SETTLEMENT,
        (
            fact.station_id,
            fact.psp_ref,
            fact.status,
            fact.amount,
            fact.at,
            fact.transaction_id,
            fact.receipt_id,
            fact.receipt_url,
            dump_json(dict(fact.payload)),
        ),
    )


@rows_of_fact.register
def _tariff_set(fact: f.StationTariffSet) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.evse_id, fact.tariff_id)
    yield statements.TARIFF_SET, (*key, fact.kind, dump_json(dict(fact.payload)), fact.at)


@rows_of_fact.register
def _tariff_cleared(fact: f.StationTariffCleared) -> Iterator[StatementRow]:
    yield statements.TARIFF_CLEARED, (fact.station_id, fact.tariff_id, fact.evse_id, fact.at)


@rows_of_fact.register
def _transaction_tariff(fact: f.TransactionTariffChanged) -> Iterator[StatementRow]:
    key = (fact.station_id, fact.transaction_id)
    row = (*key, fact.tariff_id, dump_json(dict(fact.payload)), fact.at)
    yield statements.TRANSACTION_TARIFF, row


def dialect_rows(station_id: str, components: Iterable[str]) -> Iterator[StatementRow]:
    """A report of these components may tell that the station can discharge, or can no longer."""
    if V2X_CHARGING in components:
        yield statements.V2X_DIALECT, (station_id,)
