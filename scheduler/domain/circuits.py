"""The limits of the tree of circuits: one of each circuit's power, and one of each of its lines
where a current per phase is given.

A line's limit counts as power, amperes times the circuit's volts, so that all limits are alike: a
load is the sum of what the EVSEs below take, each times the share that it puts on the limit.
"""

from collections.abc import Iterable
from typing import NamedTuple

from scheduler.domain.lines import LINES, LineRatios
from scheduler.domain.site import Circuit


class CircuitLimit(NamedTuple):
    """`limit_id` is the circuit's id, with its line where it is one line's: `yard L1`."""

    limit_id: str
    circuit_id: str
    line: int | None
    limit_w: float

    def carried_ratio(self, path: tuple[str, ...], ratios: LineRatios) -> float:
        """How much of the power of an EVSE below the circuits `path` counts here."""
        if self.circuit_id not in path:
            return 0.0
        return 1.0 if self.line is None else ratios[self.line]


def limits_of_circuits(circuits: Iterable[Circuit]) -> tuple[CircuitLimit, ...]:
    """Every limit of the tree: of the circuits, then of their lines."""
    circuits = tuple(circuits)
    limits = [CircuitLimit(c.circuit_id, c.circuit_id, None, c.limit_w) for c in circuits]
    for circuit in circuits:
        if circuit.limit_a_per_phase is not None:
            limit_w = circuit.limit_a_per_phase * circuit.voltage_v
            for line, name in enumerate(LINES):
                limit_id = f"{circuit.circuit_id} {name}"
                limits.append(CircuitLimit(limit_id, circuit.circuit_id, line, limit_w))
    return tuple(limits)


def paths_of(circuits: Iterable[Circuit]) -> dict[str, tuple[str, ...]]:
    """Each circuit's way to the connection: itself and all above, once, even in a ring."""
    parents = {c.circuit_id: c.parent_id for c in circuits}
    return {circuit_id: _path(circuit_id, parents) for circuit_id in parents}


def _path(circuit_id: str, parents: dict[str, str | None]) -> tuple[str, ...]:
    path: list[str] = []
    node: str | None = circuit_id
    while node is not None and node in parents and node not in path:
        path.append(node)
        node = parents[node]
    return tuple(path)
