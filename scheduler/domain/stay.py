"""PastStay: one vehicle's visit that is over."""

from dataclasses import dataclass
from datetime import datetime

from csms.domain.ids import IdToken


@dataclass(frozen=True, slots=True, kw_only=True)
class PastStay:
    """From plug-in to departure. `energy_wh`: what it took, net, at the meter; `max_charge_w`: what
    its EVSE could give; `id_token` None: nobody knows who it was."""

    circuit_id: str
    id_token: IdToken | None
    began_at: datetime
    ended_at: datetime
    energy_wh: float
    max_charge_w: float
