"""The statements of what only OCPP 2.1 knows."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import (
    Statement,
    arrays_sql,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

ENERGY_TRANSFER = Statement(
    newest_sql(tables.transaction_energy_transfer, "station_id transaction_id modes at", "at"),
    key_size=2,
    merge=greatest(3),
)
DYNAMIC_PROFILE = Statement(
    newest_sql(
        tables.dynamic_profile,
        "station_id profile_id evse_id transaction_id operation_mode duration_s payload at",
        "at",
    ),
    key_size=2,
    merge=greatest(7),
)
DYNAMIC_PROFILE_GONE = Statement(
    "DELETE FROM csms.dynamic_profile kept USING"
    f" {arrays_sql(tables.dynamic_profile, 'station_id profile_id at')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.profile_id = told.profile_id"
    " AND kept.at <= told.at",
    key_size=2,
    merge=greatest(2),
    rank=49,
)
PRIORITY_CHARGING = Statement(
    newest_sql(tables.priority_charging, "station_id transaction_id activated at", "at"),
    key_size=2,
    merge=greatest(3),
)
# A control that is set anew stands where the old one stood; what it superseded is told after it.
DER_CLEARED = Statement(
    "DELETE FROM csms.der_control kept USING"
    f" {arrays_sql(tables.der_control, 'station_id is_default control_type control_id at')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.is_default = told.is_default"
    " AND kept.control_type = COALESCE(told.control_type, kept.control_type)"
    " AND kept.control_id = COALESCE(told.control_id, kept.control_id) AND kept.at <= told.at",
    key_size=4,
    merge=greatest(4),
    rank=49,
)
DER_HELD = Statement(
    newest_sql(
        tables.der_control,
        "station_id control_id control_type is_default superseded priority starts_at duration_s"
        " payload at",
        "at",
    ),
    key_size=2,
    merge=greatest(9),
)
DER_SUPERSEDED = Statement(
    "UPDATE csms.der_control kept SET superseded = true FROM"
    f" {arrays_sql(tables.der_control, 'station_id control_id')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.control_id = told.control_id",
    key_size=2,
    merge=last_wins,
    rank=51,
)
DER_RAN = Statement(
    "UPDATE csms.der_control kept SET"
    " started_at = COALESCE(told.started_at, kept.started_at), ended_at = told.ended_at"
    f" FROM {arrays_sql(tables.der_control, 'station_id control_id started_at ended_at')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.control_id = told.control_id"
    " AND COALESCE(kept.ended_at, kept.started_at, '-infinity')"
    " <= COALESCE(told.ended_at, told.started_at)",
    key_size=2,
    merge=last_wins,
    rank=52,
)
STREAM_OPENED = Statement(
    newest_sql(
        tables.event_stream,
        "station_id stream_id variable_monitoring_id interval_s max_values opened_at closed_at"
        " pending",
        "opened_at",
    ),
    key_size=2,
    merge=greatest(5),
)
STREAM_ADJUSTED = Statement(
    "UPDATE csms.event_stream kept SET"
    " interval_s = COALESCE(told.interval_s, kept.interval_s),"
    " max_values = COALESCE(told.max_values, kept.max_values)"
    f" FROM {arrays_sql(tables.event_stream, 'station_id stream_id interval_s max_values')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.stream_id = told.stream_id",
    key_size=2,
    merge=last_wins,
    rank=51,
)
STREAM_CLOSED = Statement(
    "UPDATE csms.event_stream kept SET closed_at = told.closed_at FROM"
    f" {arrays_sql(tables.event_stream, 'station_id stream_id closed_at')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.stream_id = told.stream_id"
    " AND kept.opened_at <= told.closed_at",
    key_size=2,
    merge=last_wins,
    rank=53,
)
STREAM_PENDING = Statement(
    "UPDATE csms.event_stream kept SET pending = told.pending FROM"
    f" {arrays_sql(tables.event_stream, 'station_id stream_id pending')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.stream_id = told.stream_id",
    key_size=2,
    merge=last_wins,
    rank=52,
)
# The monitor of a value is that of its stream, if one was opened (N15.FR.03).
STREAM_VALUE = Statement(
    "INSERT INTO csms.event_stream_value"
    " (station_id, stream_id, at, value, received_at, variable_monitoring_id)"
    " SELECT told.*, stream.variable_monitoring_id FROM"
    f" {arrays_sql(tables.event_stream_value, 'station_id stream_id at value received_at')[0]}"
    " LEFT JOIN csms.event_stream stream USING (station_id, stream_id)"
    " ON CONFLICT DO NOTHING",
    key_size=3,
    merge=first_wins,
    rank=54,
)
BATTERY_SWAP = Statement(
    insert_sql(
        tables.battery_swap,
        "station_id request_id event serial_number evse_id id_token soc_pct soh_pct at",
    ),
    key_size=4,
    merge=first_wins,
)
SETTLEMENT = Statement(
    newest_sql(
        tables.settlement,
        "station_id psp_ref status amount at transaction_id receipt_id receipt_url payload",
        "at",
    ),
    key_size=2,
    merge=greatest(4),
)
TARIFF_CLEARED = Statement(
    "DELETE FROM csms.station_tariff kept USING"
    f" {arrays_sql(tables.station_tariff, 'station_id tariff_id evse_id at')[0]}"
    " WHERE kept.station_id = told.station_id AND kept.tariff_id = told.tariff_id"
    " AND kept.evse_id = COALESCE(told.evse_id, kept.evse_id) AND kept.at <= told.at",
    key_size=3,
    merge=greatest(3),
    rank=49,
)
TARIFF_SET = Statement(
    newest_sql(tables.station_tariff, "station_id evse_id tariff_id kind payload at", "at"),
    key_size=3,
    merge=greatest(5),
)
TRANSACTION_TARIFF = Statement(
    newest_sql(tables.transaction_tariff, "station_id transaction_id tariff_id payload at", "at"),
    key_size=2,
    merge=greatest(4),
)
# Whether a station may be told to discharge in the words of 2.1, be it over 2.0.1, is what its
# device model says (Q01.FR.30).
V2X_ANNOUNCED: Final = """EXISTS (
        SELECT FROM csms.variable modes JOIN csms.variable enabled
            USING (station_id, component, evse_id, attribute)
        WHERE modes.station_id = kept.station_id AND modes.component = 'V2XChargingCtrlr'
            AND modes.attribute = 'Actual' AND modes.variable = 'SupportedOperationModes'
            AND enabled.variable = 'Enabled' AND lower(enabled.value) = 'true'
            AND 'CentralSetpoint' = ANY (string_to_array(replace(modes.value, ' ', ''), ','))
    )"""
BY_DEVICE_MODEL: Final = f"""CASE WHEN {V2X_ANNOUNCED} THEN CASE ocpp_version
    WHEN '2.1' THEN 'ocpp21' WHEN '2.0.1' THEN 'ocpp201_v2x' ELSE 'none' END ELSE 'none' END"""
V2X_DIALECT = Statement(
    f"""UPDATE csms.charging_station kept SET discharge_dialect = {BY_DEVICE_MODEL}
    WHERE station_id = ANY($1::text[]) AND discharge_fault IS NULL
        AND discharge_dialect_listed IS NULL AND discharge_dialect_set IS NULL""",
    key_size=1,
    merge=last_wins,
    rank=60,
)
LIMIT_WANTED = Statement(
    newest_sql(
        tables.transaction_limit, "station_id transaction_id wanted wanted_at", "wanted_at"
    ).replace("kept.wanted_at <=", "COALESCE(kept.wanted_at, '-infinity') <="),
    key_size=2,
    merge=greatest(3),
)
LIMIT_TOLD = Statement(
    newest_sql(
        tables.transaction_limit,
        "station_id transaction_id told answered told_with told_at",
        "told_at",
    ).replace("kept.told_at <=", "COALESCE(kept.told_at, '-infinity') <="),
    key_size=2,
    merge=greatest(5),
)
# The first word stays: told again, a settlement is not due again.
SETTLEMENT_DUE = Statement(
    insert_sql(
        tables.payment_settling,
        "station_id transaction_id psp_ref status due_at ended_at reason",
    ),
    key_size=2,
    merge=first_wins,
)
SETTLEMENT_ENDED = Statement(
    "UPDATE csms.payment_settling kept SET status = told.status, ended_at = told.ended_at,"
    " reason = told.reason, receipt_id = told.receipt_id, receipt_url = told.receipt_url FROM "
    + arrays_sql(
        tables.payment_settling,
        "station_id transaction_id status ended_at reason receipt_id receipt_url",
    )[0]
    + " WHERE kept.station_id = told.station_id AND kept.transaction_id = told.transaction_id"
    " AND kept.status = 'Due'",
    key_size=2,
    merge=first_wins,
    rank=51,
)
