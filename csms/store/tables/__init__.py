"""The tables of schema `csms`, a module per topic. Alembic's migrations give the same."""

from csms.store.tables.core import (
    At,
    charging_needs,
    charging_station,
    command,
    command_version_seq,
    connector,
    evse,
    id_token,
    metadata,
    meter_reading,
    ocpp_message,
    outbox,
    process_heartbeat,
    station_notice,
    transaction,
    transaction_event,
    variable,
)
from csms.store.tables.quirks import station_quirk
from csms.store.tables.transaction_number import transaction_number, transaction_number_seq

__all__ = [
    "At",
    "charging_needs",
    "charging_station",
    "command",
    "command_version_seq",
    "connector",
    "evse",
    "id_token",
    "metadata",
    "meter_reading",
    "ocpp_message",
    "outbox",
    "process_heartbeat",
    "station_notice",
    "station_quirk",
    "transaction",
    "transaction_event",
    "transaction_number",
    "transaction_number_seq",
    "variable",
]
