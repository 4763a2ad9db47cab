"""The journal's statements: each takes the rows of many facts at once, as one array per column.

Told twice, a row changes nothing; an older one never replaces a newer one. PostgreSQL refuses to
touch a row twice in one statement, so each statement also says how two rows of one batch merge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Boolean, DateTime, Float, Integer, Table, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from csms.store import tables
from csms.store.outbox import COMMIT_ORDER_LOCK

Row = tuple[Any, ...]
LIVE_PAIRS: Final = ((4, 3), (7, 5), (7, 6), (9, 8))  # (its time, the value) in a LIVE row


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """`sql` takes one array per column; the first `key_size` columns identify a row."""

    sql: str
    key_size: int
    merge: Callable[[Row, Row], Row]


def first_wins(before: Row, after: Row) -> Row:
    """For rows that are only ever added."""
    return before


def last_wins(before: Row, after: Row) -> Row:
    """For rows told in order."""
    return after


def greatest(column: int) -> Callable[[Row, Row], Row]:
    """The row with the greatest value in `column` wins; of equals the later one."""
    return lambda before, after: after if after[column] >= before[column] else before


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


def _arrays(table: Table, names: str) -> tuple[str, str]:
    """`unnest` of one array per column, and the expressions that turn it into the columns."""
    types, values = [], []
    for name in names.split():
        kind = table.c[name].type
        match kind:
            case JSONB():
                types.append("text")
                values.append(f"{name}::jsonb")
            case ARRAY():
                types.append("text")
                values.append(f"string_to_array({name}, ',')")
            case _:
                types.append(_type_name(kind))
                values.append(name)
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(types, 1))
    return f"unnest({arrays}) AS told({', '.join(names.split())})", ", ".join(values)


def _type_name(kind: object) -> str:
    match kind:
        case BigInteger():
            return "int8"
        case Integer():
            return "int4"
        case Float():
            return "float8"
        case DateTime():
            return "timestamptz"
        case Boolean():
            return "bool"
        case Uuid():
            return "uuid"
    return "text"


def _insert(table: Table, names: str, conflict: str = "ON CONFLICT DO NOTHING") -> str:
    source, values = _arrays(table, names)
    return (
        f'INSERT INTO csms."{table.name}" AS kept ({", ".join(names.split())})'
        f" SELECT {values} FROM {source} {conflict}"
    )


def _newest(table: Table, names: str, newest: str) -> str:
    """Insert, or replace all but the key where `newest` is not older than what is kept."""
    key = [column.name for column in table.primary_key]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names.split() if name not in key)
    conflict = (
        f"ON CONFLICT ({', '.join(key)}) DO UPDATE SET {changes}"
        f" WHERE kept.{newest} <= excluded.{newest}"
    )
    return _insert(table, names, conflict)


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
    return _insert(tables.evse, names, conflict)


_BOOT = "station_id booted_at vendor model firmware_version serial_number registration_status"
_BOOT += " provisioned discharge_dialect"

BOOTED = Statement(
    f"""UPDATE csms.charging_station kept SET vendor = told.vendor, model = told.model,
    firmware_version = told.firmware_version, serial_number = told.serial_number,
    registration_status = told.registration_status, provisioned = told.provisioned,
    booted_at = told.booted_at,
    discharge_dialect = CASE WHEN kept.discharge_fault IS NULL THEN told.discharge_dialect
        ELSE 'none' END,
    discharge_proven_at = CASE WHEN (kept.vendor, kept.model, kept.firmware_version)
        IS NOT DISTINCT FROM (told.vendor, told.model, told.firmware_version)
        THEN kept.discharge_proven_at END
    FROM {_arrays(tables.charging_station, _BOOT)[0]} WHERE kept.station_id = told.station_id""",
    key_size=1,
    merge=last_wins,
)
PROVISIONED = Statement(
    "UPDATE csms.charging_station SET provisioned = true WHERE station_id = ANY($1::text[])",
    key_size=1,
    merge=last_wins,
)
CONNECTOR = Statement(
    _newest(tables.connector, "station_id evse_id connector_id status status_at", "status_at"),
    key_size=3,
    merge=greatest(4),
)
LIVE = Statement(_live(), key_size=2, merge=merge_live)
TRANSACTION_EVENT = Statement(
    _insert(
        tables.transaction_event,
        "station_id transaction_id seq_no event_type at content_hash received_at trigger_reason"
        " offline payload flags",
    ),
    key_size=6,
    merge=first_wins,
)
TRANSACTION = Statement(
    _newest(
        tables.transaction,
        "station_id transaction_id event_count evse_id connector_id id_token started_at ended_at"
        " last_event_at imported_wh exported_wh charging_state stopped_reason flags",
        "event_count",
    ),
    key_size=2,
    merge=greatest(2),
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
)
READING = Statement(
    _insert(
        tables.meter_reading,
        "station_id evse_id at context transaction_id received_at power_w import_wh export_wh"
        " soc_pct current_a voltage_v flags",
    ),
    key_size=4,
    merge=first_wins,
)
VARIABLE = Statement(
    _newest(
        tables.variable,
        "station_id component component_instance evse_id variable variable_instance attribute"
        " value mutability reported_at",
        "reported_at",
    ),
    key_size=7,
    merge=greatest(9),
)
CHARGING_NEEDS = Statement(
    _newest(
        tables.charging_needs,
        "station_id evse_id at departure_at energy_wh capacity_wh soc_pct max_charge_w payload",
        "at",
    ),
    key_size=2,
    merge=greatest(2),
)
NOTICE = Statement(
    _insert(
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
    _insert(tables.command, COMMAND_COLUMNS),
    key_size=1,
    merge=first_wins,
)
OUTBOX = Statement(
    _insert(tables.outbox, "kind station_id at payload", conflict=""),
    key_size=4,
    merge=first_wins,
)
# Outbox rows come last: whoever writes them holds the order of commits (see outbox.py).
IN_ORDER: Final = (
    BOOTED, PROVISIONED, CONNECTOR, LIVE, TRANSACTION_EVENT, TRANSACTION, EVSE_TRANSACTION,
    READING, VARIABLE, CHARGING_NEEDS, NOTICE, COMMAND, OUTBOX,
)  # fmt: skip
HOLD_COMMIT_ORDER: Final = f"SELECT pg_advisory_xact_lock({COMMIT_ORDER_LOCK})"
