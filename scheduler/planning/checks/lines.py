"""What each line of a circuit carries, where the site says how many amperes that may be."""

from collections.abc import Iterator

import numpy as np

from scheduler.domain.plan import Watts
from scheduler.planning.checks.case import TOLERANCE_W, Case, Violation, found
from scheduler.planning.checks.site import below_w, free_evses


def lines(case: Case) -> Iterator[Violation]:
    """The current on each line of a circuit, into vehicles and out of them apart, beside the floors
    of who may yet be plugged in; an EVSE counts on every line that it might use."""
    site, demands = case.given.site, case.given.demands
    known = [circuit for circuit in site.circuits if circuit.limit_a_per_phase is not None]
    if not known:
        return
    volts = np.array([circuit.voltage_v for circuit in site.circuits])[:, None]
    most_a = np.array([circuit.limit_a_per_phase or np.inf for circuit in site.circuits])[:, None]
    spare_a = TOLERANCE_W / volts
    left_w = case.each("floor_w") * (case.here_h <= 0)
    free = free_evses(case)
    free_w = np.array([min(site.control.floor_w, e.max_charge_w) for e in free]).reshape(-1, 1)
    hangs = [(load.circuit_id or "", 1.0 / 3.0) for load in site.flexible_loads]
    for line in range(3):
        names = [f"{circuit.circuit_id} L{line + 1}" for circuit in site.circuits]
        places = [(demand.circuit_id, demand.line_ratios[line]) for demand in demands]
        spots = [(evse.circuit_id, evse.line_ratios[line]) for evse in free]
        charge_a, give_a, unasked_a, left_a = (
            _carried_w(case, places, power_w) / volts
            for power_w in (
                np.maximum(case.setpoint_w, 0.0),
                np.maximum(-case.setpoint_w, 0.0),
                case.unasked_w,
                left_w,
            )
        )
        charge_a = charge_a + _carried_w(case, hangs, case.load_w) / volts
        floors_a = left_a + _carried_w(case, spots, free_w) / volts
        ours = charge_a - unasked_a > spare_a
        over = (charge_a + floors_a > most_a + spare_a) & ours
        yield from found("line", over, charge_a, "A in", names)
        yield from found("line", give_a > most_a + spare_a, give_a, "A out", names)


def _carried_w(case: Case, places: list[tuple[str, float]], power_w: Watts) -> Watts:
    """(circuits, slots): the powers (things, slots) times what counts of each, summed above it."""
    counted = np.array([ratio for _, ratio in places]).reshape(-1, 1)
    each_w = np.broadcast_to(counted * power_w, (len(places), case.given.slots))
    return below_w(case, [circuit_id for circuit_id, _ in places], each_w)
