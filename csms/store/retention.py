"""What stations told and nobody settles or bills by goes after a while: notices, events, meter
readings, and the rows of logs they uploaded.

The ledger, signed meter values and settlements stay, and so do notices of transactions and payments
that could not be taken as they came. Rows are looked for by station, along the indexes that are
there: a table of a year is not read to find its oldest day.
"""

from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store.tables import log_upload

MOST_AT_ONCE: Final = 50_000
BILLED_BY: Final = ("TransactionEvent", "Settlement", "NotifySettlement")

_OLD: Final = """DELETE FROM csms.{table} WHERE ctid = ANY(ARRAY(
    SELECT old.ctid FROM ({owners}) AS owner CROSS JOIN LATERAL (
        SELECT told.ctid FROM csms.{table} told WHERE told.station_id = owner.station_id
            AND {which} LIMIT :most) AS old LIMIT :most))"""
_STATIONS: Final = "SELECT station_id FROM csms.charging_station"
# The meter of a station as a whole is told of as that of EVSE 0.
_EVSES: Final = (
    "SELECT station_id, evse_id FROM csms.evse"
    " UNION SELECT station_id, 0 FROM csms.charging_station"
)
# An event that raised an alert stays for as long as the alert.
_IS_AN_ALERT: Final = (
    "SELECT FROM csms.station_alert alert WHERE alert.station_id = told.station_id"
    " AND alert.event_id = told.event_id AND alert.at = told.at AND NOT alert.cleared"
)
NOTICES = text(
    _OLD.format(
        table="station_notice",
        owners=_STATIONS,
        which="told.received_at < :before AND told.kind <> ALL(:billed_by)",
    )
)
EVENTS = text(
    _OLD.format(
        table="station_event",
        owners=_STATIONS,
        which=f"told.at < :before AND NOT EXISTS ({_IS_AN_ALERT})",
    )
)
READINGS = text(
    _OLD.format(
        table="meter_reading",
        owners=_EVSES,
        which="told.evse_id = owner.evse_id AND told.at < :before",
    )
)


async def prune(conn: AsyncConnection, *, before: datetime) -> int:
    """Delete what is of before then (site time), of each kind at most `MOST_AT_ONCE` rows; of which
    kind most went, how many: as long as that is all of them, there may be more."""
    asked = {"before": before, "most": MOST_AT_ONCE}
    gone = [
        (await conn.execute(NOTICES, asked | {"billed_by": list(BILLED_BY)})).rowcount,
        (await conn.execute(EVENTS, asked)).rowcount,
        (await conn.execute(READINGS, asked)).rowcount,
    ]
    upload = log_upload.c
    old = select(upload.upload_id).where(upload.created_at < before).limit(MOST_AT_ONCE)
    gone.append((await conn.execute(delete(log_upload).where(upload.upload_id.in_(old)))).rowcount)
    return max(gone)
