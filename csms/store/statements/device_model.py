"""The statements of the device model: variables, reports and their parts, network profiles."""

from typing import Final

from csms.store import tables
from csms.store.statements.kinds import (
    Row,
    Statement,
    greatest,
    insert_sql,
    last_wins,
    newest_sql,
)

PLACE: Final = "component component_instance evse_id connector_id variable variable_instance"
REPORTS_KEPT: Final = 3  # of each base and station
_VARIABLE: Final = (
    f"station_id {PLACE} attribute value mutability persistent constant told_by reported_at"
)
_REPORT: Final = "station_id request_id asked_at base command_id status"


def _merge_variable(before: Row, after: Row) -> Row:
    """The newest value; what a message left out stays as it was."""
    older, newer = (before, after) if after[13] >= before[13] else (after, before)
    kept = [new if new is not None else old for new, old in zip(newer, older, strict=True)]
    kept[8] = newer[8]
    return tuple(kept)


def _variable() -> str:
    """As `_merge_variable`: an older word still fills in what the newer ones left out."""
    newer = "excluded.reported_at >= kept.reported_at"
    changes = [
        f"{name} = CASE WHEN {newer} THEN excluded.{name} ELSE kept.{name} END"
        for name in ("value", "told_by")
    ]
    changes += [
        f"{name} = CASE WHEN {newer} THEN COALESCE(excluded.{name}, kept.{name})"
        f" ELSE COALESCE(kept.{name}, excluded.{name}) END"
        for name in ("mutability", "persistent", "constant")
    ]
    changes.append("reported_at = GREATEST(kept.reported_at, excluded.reported_at)")
    key = ", ".join(column.name for column in tables.variable.primary_key)
    conflict = f"ON CONFLICT ({key}) DO UPDATE SET {', '.join(changes)}"
    return insert_sql(tables.variable, _VARIABLE, conflict)


VARIABLE = Statement(_variable(), key_size=8, merge=_merge_variable)
CHARACTERISTICS = Statement(
    newest_sql(
        tables.variable_characteristics,
        f"station_id {PLACE} reported_at data_type unit min_limit max_limit values_list"
        " supports_monitoring",
        "reported_at",
    ),
    key_size=7,
    merge=greatest(7),
)
REPORT = Statement(
    newest_sql(tables.device_report, _REPORT, "asked_at"), key_size=2, merge=greatest(2)
)
REPORT_PART = Statement(
    newest_sql(
        tables.device_report_part,
        "station_id request_id seq_no received_at generated_at more_follows content",
        "received_at",
    ),
    key_size=3,
    merge=greatest(3),
)
# Keeps the newest reports of a base, and of one command all.
OLD_REPORTS = Statement(
    f"""WITH old AS (
        DELETE FROM csms.device_report report USING (
            SELECT station_id, request_id, dense_rank() OVER (
                PARTITION BY station_id, base ORDER BY newest_at DESC, command_id
            ) AS age FROM (
                SELECT *, max(asked_at) OVER (PARTITION BY command_id) AS newest_at
                FROM csms.device_report
                WHERE (station_id, base) IN (
                    SELECT * FROM unnest($1::text[], $2::text[])
                )
            ) asked
        ) ranked
        WHERE report.station_id = ranked.station_id AND report.request_id = ranked.request_id
            AND ranked.age > {REPORTS_KEPT}
        RETURNING report.station_id, report.request_id
    )
    DELETE FROM csms.device_report_part part USING old
    WHERE part.station_id = old.station_id AND part.request_id = old.request_id""",
    key_size=2,
    merge=last_wins,
    rank=51,
)
NETWORK_PROFILE = Statement(
    newest_sql(tables.network_profile, "station_id slot set_at connection_data", "set_at"),
    key_size=2,
    merge=greatest(2),
)
TRIGGERED = Statement(
    newest_sql(tables.triggered_message, "station_id action at", "at"),
    key_size=2,
    merge=greatest(2),
)
