"""Circuits as limits: of their power, and of each line where amperes are given."""

from scheduler.domain.circuits import limits_of_circuits, paths_of
from scheduler.domain.lines import line_ratios
from scheduler.domain.site import Circuit

TREE = (
    Circuit(circuit_id="yard", limit_w=60_000, limit_a_per_phase=80, voltage_v=225),
    Circuit(circuit_id="bay", limit_w=20_000, parent_id="yard"),
)


def test_a_line_has_a_limit_of_its_own_at_the_volts_of_its_circuit() -> None:
    limits = {limit.limit_id: limit.limit_w for limit in limits_of_circuits(TREE)}
    assert limits == {
        "yard": 60_000, "bay": 20_000, "yard L1": 18_000, "yard L2": 18_000, "yard L3": 18_000,
    }  # fmt: skip


def test_an_evse_counts_at_every_limit_above_it_with_what_its_lines_carry() -> None:
    path, ratios = paths_of(TREE)["bay"], line_ratios(1, "L2")
    counted = {one.limit_id: one.carried_ratio(path, ratios) for one in limits_of_circuits(TREE)}
    assert counted == {"yard": 1, "bay": 1, "yard L1": 0, "yard L2": 1, "yard L3": 0}
    assert limits_of_circuits(TREE)[1].carried_ratio(("yard",), ratios) == 0


def test_a_ring_has_an_end_all_the_same() -> None:
    ring = (
        Circuit(circuit_id="a", limit_w=1, parent_id="b"),
        Circuit(circuit_id="b", limit_w=1, parent_id="a"),
    )
    assert paths_of(ring) == {"a": ("a", "b"), "b": ("b", "a")}
