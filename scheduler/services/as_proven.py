"""What a plan may reckon with of a vehicle, by what its meter proved of the last orders. Pure.

A limit is believed for `PROVEN_FOR`, then the plan asks for more again: nobody tells when a vehicle
is warm, or when somebody else's limit is gone.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from scheduler.domain.demand import Demand
from scheduler.domain.proof import DISOBEYED, LIMITED, ProofRow

PROVEN_FOR = timedelta(minutes=30)
ROOM_RATIO = 1.05
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
    most_w = max(ROOM_RATIO * took_w, demand.min_charge_w, demand.floor_w)
    return replace(demand, max_charge_w=min(demand.max_charge_w, most_w))
