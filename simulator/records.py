"""The simulator's own records, JSON lines: what happened, whatever the hub believes.

`plant.jsonl`: each second. `stations.jsonl`: the registers of every EVSE at every full minute.
`sessions.jsonl`: each stay when it ends. `events.jsonl`: each TransactionEvent that was answered.
`incidents.jsonl`: what should not have happened.
"""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import orjson

from simulator.fleet import StayRecord
from simulator.plant import PlantSample
from simulator.profiles import JsonObject, format_time
from simulator.station import Station

NAMES: Final = ("plant", "stations", "sessions", "events", "incidents")


class Records:
    """Appends rows to the files of a folder; `flush` makes them readable to others."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._files: dict[str, BinaryIO] = {
            name: (folder / f"{name}.jsonl").open("ab", buffering=1 << 16) for name in NAMES
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        for file in self._files.values():
            file.close()

    def flush(self) -> None:
        """Hand the rows to the operating system."""
        for file in self._files.values():
            file.flush()

    def plant(self, sample: PlantSample) -> None:
        """One second of the site."""
        row: JsonObject = {
            "at": format_time(sample.at),
            "grid_w": round(sample.grid_w, 1),
            "load_w": round(sample.load_w, 1),
            "solar_w": round(sample.solar_w, 1),
            "wind_w": round(sample.wind_w, 1),
            "store_w": round(sample.store_w, 1),
            "fleet_w": round(sample.fleet_w, 1),
        }
        if sample.store_soc_pct is not None:
            row["store_soc_pct"] = round(sample.store_soc_pct, 3)
        self._write("plant", row)

    def station(self, station: Station, now: datetime) -> None:
        """The registers of a station's EVSE."""
        evse = station.evse
        transaction, occupant = evse.transaction, evse.occupant
        row: JsonObject = {
            "at": format_time(now),
            "station_id": station.spec.station_id,
            "evse_id": evse.evse_id,
            "power_w": round(evse.power_w, 1),
            "offered_w": round(evse.offered_w, 1),
            "import_wh": round(evse.import_wh, 3),
            "export_wh": round(evse.export_wh, 3),
            "transaction_id": transaction.transaction_id if transaction else None,
            "vehicle_id": occupant.vehicle.spec.vehicle_id if occupant else None,
            "soc_pct": None if evse.soc_pct is None else round(evse.soc_pct, 2),
            "online": station.online,
        }
        self._write("stations", row)

    def session(self, stay: StayRecord) -> None:
        """A stay that ended."""
        self._write("sessions", stay.row())

    def acknowledged(self, station_id: str, event: JsonObject, now: datetime) -> None:
        """A TransactionEvent that the CSMS answered: from here on it must be in its books."""
        row = {
            "at": format_time(now),
            "station_id": station_id,
            "transaction_id": event["transactionInfo"]["transactionId"],
            "seq_no": event["seqNo"],
            "event_type": event["eventType"],
        }
        self._write("events", row)

    def incident(self, station_id: str, kind: str, detail: str, now: datetime) -> None:
        """Something that should not happen."""
        row = {"at": format_time(now), "station_id": station_id, "kind": kind, "detail": detail}
        self._write("incidents", row)

    def _write(self, name: str, row: JsonObject) -> None:
        self._files[name].write(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
