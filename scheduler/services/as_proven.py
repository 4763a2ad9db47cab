"""What a plan may reckon with of a vehicle, by what its meter proved of the last orders. Pure.

A limit is believed for `PROVEN_FOR`, then the plan asks for more again: nobody tells when a vehicle
is warm, or when somebody else's limit is gone. One that took nothing of an offer is full meanwhile:
a plan that went on would hold power for it that others need.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from scheduler.domain.demand import Demand
from scheduler.domain.proof import DISOBEYED, LIMITED, Deviation, ProofRow

PROVEN_FOR = timedelta(minutes=30)
ROOM_RATIO = 1.05
NOTHING_RATIO = 0.01  # of an offer: less is what electronics take
Proofs = Mapping[tuple[str, int, str], ProofRow]


def as_proven(demand: Demand | None, found: Proofs) -> Demand | None:
    """The demand with what it was seen to take or give at most; of one that does not obey, with
    what it takes whatever it is told. `found`: the newest deviation of each transaction."""
    if demand is None:
        return None
    row = found.get((demand.station_id, demand.evse_id, demand.transaction_id))
    if row is None or row.duration_s <= 0:
        return demand
    took_w, gave_w = (wh * 3600.0 / row.duration_s for wh in (row.import_wh, row.export_wh))
    if row.deviation in DISOBEYED:
        return replace(demand, floor_w=min(max(demand.floor_w, took_w), demand.max_charge_w))
    if row.deviation in LIMITED and row.sent_w < 0:
        return replace(demand, max_discharge_w=min(demand.max_discharge_w, ROOM_RATIO * gave_w))
    offered_wh = row.sent_w * row.duration_s / 3600.0
    nothing = row.import_max_wh <= NOTHING_RATIO * offered_wh
    if nothing and row.deviation is not Deviation.LIMITED_ELSEWHERE:
        demand = replace(demand, target_wh=min(demand.target_wh, demand.energy_wh))
    most_w = max(ROOM_RATIO * took_w, demand.min_charge_w, demand.floor_w)
    return replace(demand, max_charge_w=min(demand.max_charge_w, most_w))
