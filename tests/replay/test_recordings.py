"""Every recording against a running csms: each call is answered, each energy is right or flagged.

The figures were worked out by hand from the recordings: the last register that a transaction tells
minus the first, in Wh.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from csms.domain.station import OcppVersion
from csms.ocppj.codecs import CODECS
from csms.store import tables
from tests.integration.csms.conftest import Hub, until
from tests.replay.conftest import playable
from tests.replay.player import Played, play
from tests.replay.recording import Recording, named, recordings

pytestmark = pytest.mark.integration

NOT_ACCEPTED = {"BootNotification", "NotifyReport", "ReportChargingProfiles", "TransactionEvent"}
"""What is answered before acceptance (B02, E: energy that flowed is stored whoever tells of it)."""


@dataclass(frozen=True)
class Energy:
    """What one transaction of a recording must come to, the first, the second … of a station."""

    imported_wh: float
    ended: bool
    flags: frozenset[str] = frozenset()


REUSED = "seq_no_reused"
ENERGIES: dict[str, list[Energy]] = {
    # Started 0, twelve samples up to 169, an Ended without meter values; 183 … 214, still running
    "mo-201": [Energy(169.0, True), Energy(31.0, False)],
    # 0 … 325.48, five seconds later 709.92, … 828.07. The meter tells 21 kW on both sides of the
    # step: 30 Wh can have flowed, not 384, so nobody pays for them (325.48 + 828.07 - 709.92). The
    # Ended tells a 680.37 without power between the two, which proves nothing.
    "SAP-K2": [
        Energy(443.63, True, frozenset({"import_register_jump", "import_register_outruns_power"})),
        Energy(30.55, False),
    ],
    # 0 kWh and 0.038 kWh; the samples between came as MeterValues in Wh
    "cps-201": [Energy(38.0, True)],
    # 0, 150.02 "kWh", 300.07 "kWh" (labelled wrongly), and 320.87 without a unit: Wh
    "vcp-201": [Energy(320.87, True, frozenset({REUSED, "import_register_jump"}))],
    # 0, 14, 28, 28 under the numbers 1, 2, 2, 2
    "wscli-2.0.1": [Energy(28.0, True, frozenset({REUSED}))],
    "cps-21": [Energy(38.0, True)],
    # 0, 0.15006 kWh, 0.30008 kWh, then 0.32087 without a unit: the register fell, so 300.08 stand
    "vcp-21": [Energy(300.08, True, frozenset({REUSED, "import_register_reset"}))],
    # meterStart 0, meterStop 77; then 77 … 108, still running
    "mo-16": [Energy(77.0, True), Energy(31.0, False)],
    # meterStart 0, samples up to 51.39, meterStop 51 (whole Wh); then again from 0 to 82.06
    "SAP-K16": [
        Energy(51.0, True),
        Energy(82.06, False, frozenset({"import_register_outruns_power"})),
    ],
    "cps-16": [Energy(38.0, True)],
    # meterStart 0, 0.15003 kWh, 0.30004 kWh, meterStop 320
    "vcp-16": [Energy(320.0, True)],
    "wscli-1.6": [Energy(42.0, True)],
}


async def played(hub: Hub, recording: Recording) -> tuple[str, Played]:
    station_id, password = await hub.new_station()
    return station_id, await play(hub.url, recording, station_id, password)


def right_errors(recording: Recording, done: Played) -> set[tuple[str, str]]:
    """The CALLERRORs that a recording must get, worked out from what it says."""
    unknown = {("CustomOperation", "NotImplemented")}
    said = {one.action for one in done.exchanges}
    if not recording.takes_profiles:
        refused = said - NOT_ACCEPTED - {"CustomOperation"}
        unknown |= {(action, "SecurityError") for action in refused}
    return {(action, code) for action, code in unknown if action in said}


@pytest.mark.parametrize("recording", playable(recordings()))
async def test_each_call_is_answered_and_no_socket_is_closed(
    hub: Hub, recording: Recording
) -> None:
    station_id, done = await played(hub, recording)
    assert len(done.exchanges) >= sum(len(socket.calls) for socket in recording.sockets)
    assert done.errors() == right_errors(recording, done)
    assert set(done.closed_by) == {1000}, "only the station closed"
    booted = any(one.action == "BootNotification" and not one.error for one in done.exchanges)
    assert bool((await hub.row(tables.charging_station, station_id))["vendor"]) is booted


@pytest.mark.parametrize("recording", playable(map(named, ENERGIES)))
async def test_energies_come_out_right_or_flagged(hub: Hub, recording: Recording) -> None:
    station_id, _ = await played(hub, recording)
    rows = await transactions(hub, station_id)
    told = [(pytest.approx(one.imported_wh), one.ended) for one in ENERGIES[recording.name]]
    assert [(row["imported_wh"], row["ended_at"] is not None) for row in rows] == told
    for row, expected in zip(rows, ENERGIES[recording.name], strict=True):
        assert set(row["flags"]) >= expected.flags
        assert row["exported_wh"] == 0


TOLD_BY_STATION = [one for one in map(named, ENERGIES) if one.version != OcppVersion.V16]
"""In 1.6 we give the transaction's id, so a start by a new message is a new transaction."""


@pytest.mark.parametrize("recording", playable(TOLD_BY_STATION))
async def test_played_twice_it_tells_the_same_energies(hub: Hub, recording: Recording) -> None:
    station_id, password = await hub.new_station()
    await play(hub.url, recording, station_id, password)
    before = await transactions(hub, station_id)
    await play(hub.url, recording, station_id, password)
    assert await transactions(hub, station_id) == before


async def test_stations_with_the_same_transaction_ids_never_meet(hub: Hub) -> None:
    first, _ = await played(hub, named("wscli-2.0.1"))
    second, _ = await played(hub, named("wscli-2.0.1"))
    (mine,), (other,) = await transactions(hub, first), await transactions(hub, second)
    assert mine["transaction_id"] == other["transaction_id"] == "554200"
    assert mine["imported_wh"] == other["imported_wh"] == 28.0
    assert mine["station_id"] != other["station_id"]


async def transactions(hub: Hub, station_id: str) -> list[dict[str, Any]]:
    """In the order of their start, once the projections have caught up with the ledger."""

    async def caught_up() -> list[dict[str, Any]] | None:
        events = await hub.rows(tables.transaction_event, station_id)
        rows = await hub.rows(tables.transaction, station_id)
        complete = sum(row["event_count"] for row in rows) == len(events)
        return sorted(rows, key=lambda row: row["started_at"]) if complete else None

    found: list[dict[str, Any]] = await until(caught_up)
    return found


def test_no_recording_is_left_out() -> None:
    spoken = {OcppVersion(one.version) for one in recordings()}
    assert len(recordings()) == 23
    assert spoken == set(OcppVersion)
    assert OcppVersion.V201 in CODECS
