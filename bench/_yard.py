"""The stations and the plant of a depot in one event loop, and the hub's processes beside them.

A station accepts every profile, follows a lease a second later and falls to its floor when it ends,
says what it holds when asked for its composite schedule, and tells its power once a minute. The
plant's meter is load, fleet and store.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from _depot import LOAD_W, Meters, fill
from _line import Line, dial_all
from _rig import PASSWORD, ROOT, SECRET, Rig, cpu_s, make_engine, password_hmac, tables
from sqlalchemy import bindparam, text, update

from csms.clock import wall_now
from scheduler.domain.site import Site
from tests.scheduler.sunspec_plant import served
from v2ghub.platform import commands, of_its_own, with_our_python

FLOOR_W, FOLLOWS_S, TELLS_S, SAMPLED_S = 1_400.0, 1.0, 60.0, 0.2
# What `fill` says of transactions: here the stations tell of them.
UNPLUG = (
    text("DELETE FROM csms.transaction"),
    text("UPDATE csms.evse SET transaction_id = NULL, power_w = NULL, power_at = NULL"),
)


@dataclass(slots=True)
class Station:
    """One charger with a vehicle. `set_w` is what its profile says, `power_w` what flows."""

    name: str
    soc_pct: float
    line: Line
    set_w: float = FLOOR_W
    until: float = 0.0
    power_w: float = FLOOR_W
    energy_wh: float = 0.0
    seq_no: int = 0

    def heard(self, frame: bytes) -> None:
        """Answer a call."""
        message = json.loads(frame)
        if message[0] != 2:
            return
        answer: dict[str, Any] = {"status": "Accepted"}
        if message[2] == "SetChargingProfile":
            self._lease(message[3]["chargingProfile"])
        elif message[2] == "GetCompositeSchedule":
            answer["schedule"] = self._composite(message[3])
        self.line.send(json.dumps([3, message[1], answer]).encode())

    def tell(self) -> None:
        """A TransactionEvent: the first begins the transaction."""
        at, kind = datetime.now(UTC).isoformat(), "Updated" if self.seq_no else "Started"
        sample = [
            {"value": max(self.power_w, 0.0), "measurand": "Power.Active.Import"},
            {"value": max(-self.power_w, 0.0), "measurand": "Power.Active.Export"},
            {"value": self.energy_wh, "measurand": "Energy.Active.Import.Register"},
            {"value": self.soc_pct, "measurand": "SoC"},
        ]
        event = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": "MeterValuePeriodic" if self.seq_no else "CablePluggedIn",
            "seqNo": self.seq_no,
            "transactionInfo": {"transactionId": f"{os.getpid()}", "chargingState": "Charging"},
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": f"token-{self.name}", "type": "ISO14443"},
            "meterValue": [{"timestamp": at, "sampledValue": sample}],
        }
        self.line.send(json.dumps([2, f"e-{self.seq_no}", "TransactionEvent", event]).encode())
        self.seq_no += 1

    def _lease(self, profile: dict[str, Any]) -> None:
        if profile["chargingProfilePurpose"] != "TxProfile":
            return
        self.set_w = profile["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
        self.until = datetime.fromisoformat(profile["validTo"]).timestamp()
        asyncio.get_running_loop().call_later(FOLLOWS_S, self._follow, self.set_w)

    def _follow(self, set_w: float) -> None:
        self.power_w = set_w

    def _composite(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "evseId": asked["evseId"],
            "duration": asked["duration"],
            "scheduleStart": datetime.now(UTC).isoformat(),
            "chargingRateUnit": "W",
            "chargingSchedulePeriod": [{"startPeriod": 0, "limit": self.set_w}],
        }


@dataclass
class Yard:
    """`samples`: what the plant's meter showed, each with its time."""

    stations: list[Station]
    meters: Meters
    samples: list[tuple[float, float]] = field(default_factory=list)

    async def live(self) -> None:
        """Tell, follow and measure, until cancelled."""
        told = 0.0
        while True:
            now = time.time()
            for station in self.stations:
                if station.until and station.until < now:
                    station.power_w, station.until = min(FLOOR_W, station.power_w), 0.0
                station.energy_wh += max(station.power_w, 0.0) * SAMPLED_S / 3600
            self.meters.fleet_w = sum(one.power_w for one in self.stations)
            # A load never stands still, or nobody could tell that its meter lives.
            self.meters.load_w = LOAD_W * len(self.stations) + 100 * (now % 7)
            self.meters.show()
            self.samples.append((now, self.meters.grid.value(213, "W") or 0.0))
            told += len(self.stations) * SAMPLED_S / TELLS_S
            for _ in range(int(told)):
                self.stations.append(self.stations.pop(0))
                self.stations[-1].tell()
            told %= 1
            await asyncio.sleep(SAMPLED_S)


@asynccontextmanager
async def yard(made: Rig, site: Site, modbus_port: int) -> AsyncIterator[Yard]:
    """All stations of the site, connected and charging, and its devices."""
    names = [spec.station_id for spec in site.evses()]
    lines = await dial_all(made.port, [(name, PASSWORD) for name in names])
    stations = []
    for number, (name, line) in enumerate(zip(names, lines, strict=True)):
        station = Station(name, 35.0 + number % 40, line)
        line.heard = station.heard
        station.tell()
        stations.append(station)
    one = Yard(stations, Meters(len(names), LOAD_W * len(names)))
    async with served(*one.meters.units, port=modbus_port):
        living = asyncio.create_task(one.live())
        try:
            yield one
        finally:
            living.cancel()
            for line in lines:
                line.close()


async def prepare(made: Rig, site: Site) -> None:
    """The depot's rows: its stations may log in, its vehicles are known, nobody is plugged in."""
    engine = make_engine(made.database_url)
    known = {
        "registration_status": "Accepted",
        "provisioned": True,
        "ocpp_version": "2.0.1",
        "discharge_dialect": "none",
    }
    await fill(engine, site, wall_now(), **known)
    names = [spec.station_id for spec in site.evses()]
    told = [{"name": name, "hmac": password_hmac(SECRET, name, PASSWORD)} for name in names]
    station = tables.charging_station
    login = update(station).where(station.c.station_id == bindparam("name"))
    async with engine.begin() as conn:
        for statement in UNPLUG:
            await conn.execute(statement)
        await conn.execute(login.values(password_hmac=bindparam("hmac")), told)
    await engine.dispose()


@contextmanager
def hub(made: Rig, site: Site, *wanted: str, **told: str) -> Iterator[Mapping[str, int]]:
    """The platform's processes of these names beside the csms; their pids."""
    environment = os.environ | {
        "V2GHUB_DATABASE_URL": made.database_url,
        "V2GHUB_REDIS_URL": made.redis_url,
        "V2GHUB_SECRET": SECRET,
        "OPENBLAS_NUM_THREADS": "1",
        **told,
    }
    table = commands([site.site_id])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hub-bench-")))
        pids = {"csms": made.processes[0].pid, "postgres": made.postgres_pid}
        for name in wanted:
            log = stack.enter_context((folder / f"{name.replace(':', '-')}.log").open("wb"))
            process = subprocess.Popen(
                with_our_python(table[name]),
                env=environment | {"V2GHUB_STATE_DIR": str(folder)} | of_its_own(name),
                cwd=ROOT, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
            stack.callback(process.wait)
            stack.callback(process.terminate)
            pids[name] = process.pid
        try:
            yield pids
        except BaseException:
            for log_file in sorted(folder.glob("*.log")):
                print(log_file.name, log_file.read_text()[-1000:], file=sys.stderr)
            raise


def core_s(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds of each process until now, with those that it began."""
    return {name: cpu_s(pid) for name, pid in pids.items()}
