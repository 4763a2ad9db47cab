"""The statements of stations, transactions and their meters, of commands and the outbox."""

from typing import Final

from csms.store import tables
from csms.store.outbox import COMMIT_ORDER_LOCK
from csms.store.statements.kinds import (
    Row,
    Statement,
    arrays_sql,
    first_wins,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

LIVE_PAIRS: Final = ((4, 3), (7, 5), (7, 6), (9, 8))  # (its time, the value) in a LIVE row


def merge_live(before: Row, after: Row) -> Row:
    """Each value of its newest time, on its own."""
    merged = list(before)
    merged[2] = max(before[2], after[2])
    for at, value in LIVE_PAIRS:
        if after[at] is None or (before[at] is not None and before[at] > after[at]):
            continue
        if after[value] is not None:
            merged[value] = after[value]
        merged[at] = after[at]
    return tuple(merged)


def _live() -> str:
    names = "station_id evse_id updated_at power_w power_at import_wh export_wh register_at"
    names += " soc_pct soc_at"

    def newer(at: str) -> str:
        return f"COALESCE(excluded.{at} >= kept.{at}, kept.{at} IS NULL)"

    def change(name: str, at: str) -> str:
        told = f"COALESCE(excluded.{name}, kept.{name})"
        return f"{name} = CASE WHEN {newer(at)} THEN {told} ELSE kept.{name} END"

    pairs = (("power_w", "power_at"), ("import_wh", "register_at"), ("export_wh", "register_at"))
    changes = [change(name, at) for name, at in (*pairs, ("soc_pct", "soc_at"))]
    changes += [f"{at} = GREATEST(kept.{at}, excluded.{at})" for at in
                ("power_at", "register_at", "soc_at", "updated_at")]  # fmt: skip
    conflict = f"ON CONFLICT (station_id, evse_id) DO UPDATE SET {', '.join(changes)}"
    return insert_sql(tables.evse, names, conflict)


_BOOT = "station_id booted_at vendor model firmware_version serial_number registration_status"
_BOOT += " provisioned discharge_dialect_listed setpoint_holds_s"

# An operator's word on how it discharges is on the device that it was when he gave it; a proof is
# of that device, and of the dialect that operator or allow-list gave it then.
BOOTED = Statement(
    f"""UPDATE csms.charging_station kept SET vendor = told.vendor, model = told.model,
    firmware_version = told.firmware_version, serial_number = told.serial_number,
    registration_status = told.registration_status, provisioned = told.provisioned,
    booted_at = told.booted_at,
    discharge_dialect_listed = told.discharge_dialect_listed,
    setpoint_holds_s = told.setpoint_holds_s,
    discharge_dialect_set = CASE WHEN (kept.vendor, kept.model)
        IS NOT DISTINCT FROM (told.vendor, told.model) THEN kept.discharge_dialect_set END,
    discharge_dialect = CASE WHEN kept.discharge_fault IS NULL THEN COALESCE(
            CASE WHEN (kept.vendor, kept.model) IS NOT DISTINCT FROM (told.vendor, told.model)
                THEN kept.discharge_dialect_set END,
            told.discharge_dialect_listed, 'none')
        ELSE 'none' END,
    discharge_proven_at = CASE WHEN (kept.vendor, kept.model, kept.firmware_version)
        IS NOT DISTINCT FROM (told.vendor, told.model, told.firmware_version)
        AND (kept.discharge_dialect_set IS NOT NULL
            OR kept.discharge_dialect_listed IS NOT DISTINCT FROM told.discharge_dialect_listed)
        THEN kept.discharge_proven_at END
    FROM {arrays_sql(tables.charging_station, _BOOT)[0]} WHERE kept.station_id = told.station_id""",
    key_size=1,
    merge=last_wins,
    rank=0,
)
PROVISIONED = Statement(
    "UPDATE csms.charging_station SET provisioned = true WHERE station_id = ANY($1::text[])",
    key_size=1,
    merge=last_wins,
    rank=1,
)
CLOCK = Statement(
    f"""UPDATE csms.charging_station kept SET clock_off_s = told.clock_off_s
    FROM {arrays_sql(tables.charging_station, "station_id clock_off_s")[0]}
    WHERE kept.station_id = told.station_id""",
    key_size=1,
    merge=last_wins,
    rank=1,
)
CONNECTOR = Statement(
    newest_sql(tables.connector, "station_id evse_id connector_id status status_at", "status_at"),
    key_size=3,
    merge=greatest(4),
    rank=2,
    alone=True,
)
LIVE = Statement(_live(), key_size=2, merge=merge_live, rank=3, alone=True)
TRANSACTION_EVENT = Statement(
    insert_sql(
        tables.transaction_event,
        "station_id transaction_id seq_no event_type at content_hash received_at trigger_reason"
        " offline ocpp_version payload flags",
    ),
    key_size=6,
    merge=first_wins,
    rank=4,
    alone=True,
)
TRANSACTION = Statement(
    newest_sql(
        tables.transaction,
        "station_id transaction_id event_count evse_id connector_id id_token started_at ended_at"
        " last_event_at imported_wh exported_wh charging_state stopped_reason remote_start_id"
        " reservation_id flags",
        "event_count",
    ),
    key_size=2,
    merge=greatest(2),
    rank=5,
    alone=True,
)
# An EVSE's transaction is the one that started last, as long as it has not ended.
EVSE_TRANSACTION = Statement(
    """UPDATE csms.evse SET transaction_id = newest.transaction_id
    FROM unnest($1::text[], $2::int4[]) AS told(station_id, evse_id)
    LEFT JOIN LATERAL (
        SELECT CASE WHEN ended_at IS NULL THEN transaction_id END AS transaction_id
        FROM csms.transaction one
        WHERE one.station_id = told.station_id AND one.evse_id = told.evse_id
        ORDER BY started_at DESC, transaction_id DESC LIMIT 1
    ) newest ON true
    WHERE evse.station_id = told.station_id AND evse.evse_id = told.evse_id
        AND evse.transaction_id IS DISTINCT FROM newest.transaction_id""",
    key_size=2,
    merge=last_wins,
    rank=6,
)
READING = Statement(
    insert_sql(
        tables.meter_reading,
        "station_id evse_id at context transaction_id received_at power_w import_wh export_wh"
        " soc_pct current_a voltage_v flags",
    ),
    key_size=4,
    merge=first_wins,
    rank=7,
    alone=True,
)
CHARGING_NEEDS = Statement(
    newest_sql(
        tables.charging_needs,
        "station_id evse_id at departure_at energy_wh capacity_wh soc_pct max_charge_w"
        " max_discharge_w target_soc_pct requested_energy_transfer payload",
        "at",
    ),
    key_size=2,
    merge=greatest(2),
)
NOTICE = Statement(
    insert_sql(
        tables.station_notice,
        "station_id kind at content_hash received_at severity payload",
    ),
    key_size=4,
    merge=first_wins,
)
COMMAND_COLUMNS: Final = (
    "command_id station_id evse_id kind payload priority version requested_by created_at"
    " deadline_at"
)
COMMAND = Statement(
    insert_sql(tables.command, COMMAND_COLUMNS),
    key_size=1,
    merge=first_wins,
    rank=90,
)
# Outbox rows come last: whoever writes them holds the order of commits (see outbox.py), and has it
# before the first of them gets its id.
_OUTBOX_COLUMNS: Final = "kind station_id at payload"
_TOLD, _VALUES = arrays_sql(tables.outbox, _OUTBOX_COLUMNS)
OUTBOX = Statement(
    f"""WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock({COMMIT_ORDER_LOCK}))
    INSERT INTO csms.outbox ({", ".join(_OUTBOX_COLUMNS.split())})
    SELECT {_VALUES} FROM held, {_TOLD}""",
    key_size=4,
    merge=first_wins,
    rank=99,
)
