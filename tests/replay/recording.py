"""Recordings of stations on the wire: what each said, on which socket, and how it answered."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

FRAMES = Path(__file__).parent / "frames"
Frame = list[Any]


@dataclass
class Socket:
    """One connection of a station: the URL's path, the subprotocols it offered, its calls."""

    path: str
    offered: list[str]
    calls: list[Frame] = field(default_factory=list)


@dataclass
class Recording:
    """One station of one file. `answers`: its answer frames by the action they answer."""

    file: str
    name: str
    sockets: list[Socket] = field(default_factory=list)
    answers: dict[str, list[Frame]] = field(default_factory=dict)
    transaction_ids: dict[str, int] = field(default_factory=dict)
    """What the recorded central system gave (1.6), by the message id of the StartTransaction."""

    @property
    def version(self) -> str:
        """What it offered on its first socket, the newest of several."""
        return max(self.sockets[0].offered).removeprefix("ocpp")

    @property
    def takes_profiles(self) -> bool:
        """Whether it accepted a SetChargingProfile; one that was never asked would have."""
        answers = self.answers.get("SetChargingProfile", [])
        return not answers or any(frame[0] == 3 for frame in answers)


def recordings() -> list[Recording]:
    """Every station that got as far as a connection."""
    return [one for path in sorted(FRAMES.glob("*.jsonl")) for one in _stations(path)]


def named(name: str) -> Recording:
    """The recording of one station."""
    (found,) = (one for one in _all() if one.name == name)
    return found


@cache
def _all() -> list[Recording]:
    return recordings()


def _stations(path: Path) -> Iterator[Recording]:
    stations: dict[str, Recording] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if row["dir"] == "connect":
            station = stations.setdefault(row["cp"], Recording(path.stem, row["cp"]))
            station.sockets.append(Socket(row["path"], row["offered"] or []))
        elif row["dir"] == "cp>csms" and row["frame"][0] == 2:
            stations[row["cp"]].sockets[-1].calls.append(row["frame"])
        elif (
            row["dir"] == "csms>cp" and row["frame"][0] == 3 and "transactionId" in row["frame"][2]
        ):
            _, message_id, answer = row["frame"]
            stations[row["cp"]].transaction_ids[message_id] = answer["transactionId"]
        elif row["dir"] == "cp>csms" and row.get("answers"):
            answers = stations[row["cp"]].answers
            answers.setdefault(row["answers"], []).append(row["frame"])
    yield from stations.values()
