"""Probes: a station that has not yet proven that it discharges is asked to, a little and shortly,
as soon as a vehicle that may give is plugged in. So it is known before the first plan counts on it.

Once per transaction, as long as it takes a meter to show it; what the meter shows, the csms judges
(`csms/proof.py`). The probe stands in the place of the plan, so every bound of the guard holds.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from csms.domain.discharge import PROBE_W
from csms.domain.ids import TransactionId
from scheduler.planning.guard_types import EvseState, GuardInput
from scheduler.services.cycle import Picture
from scheduler.services.orders import Place
from scheduler.store.live import LiveEvse

SAMPLES: Final = 3  # one while it settles, one that begins the proof, one that ends it
SETTLES: Final = timedelta(seconds=30)
HOUR: Final = timedelta(hours=1)
PATIENCE: Final = 4.0
"""How many times the length of a probe a vehicle must be able to wait."""


@dataclass(slots=True)
class ProbeWatch:
    """Remembers when the probe of each transaction began."""

    _began: dict[tuple[Place, TransactionId], datetime] = field(default_factory=dict)

    def applied(self, picture: Picture, given: GuardInput) -> GuardInput:
        """`given` with probes in the place of plans; none begins while an instruction is held."""
        unproven = {
            (live.station_id, live.evse_id): live for live in picture.evses if _unproven(live)
        }
        if not unproven:
            self._began.clear()
            return given
        running = {
            (place, live.transaction.transaction_id)
            for place, live in unproven.items()
            if live.transaction
        }
        self._began = {key: at for key, at in self._began.items() if key in running}
        states = tuple(self._state(unproven, state, given) for state in given.evses)
        return replace(given, evses=states)

    def _state(
        self, unproven: dict[Place, LiveEvse], state: EvseState, given: GuardInput
    ) -> EvseState:
        place = (state.station_id, state.evse_id)
        live = unproven.get(place)
        if live is None or live.transaction is None or not state.plugged or not state.connected:
            return state
        lasts = probe_length(live)
        probe_w = min(PROBE_W, state.max_discharge_w)
        needs_wh = probe_w * (lasts / HOUR)
        able = probe_w > 0 and state.spare_wh > needs_wh
        patient = state.laxity_s > PATIENCE * lasts.total_seconds()
        key = (place, live.transaction.transaction_id)
        if key not in self._began and able and patient and given.target_grid_w is None:
            self._began[key] = given.now
        began = self._began.get(key)
        if began is None or given.now - began > lasts or not able:
            return state
        return replace(state, planned_w=-probe_w)


def probe_length(live: LiveEvse) -> timedelta:
    """Until its meter has told of it."""
    return SETTLES + SAMPLES * timedelta(seconds=live.sample_interval_s)


def _unproven(live: LiveEvse) -> bool:
    """A station that could discharge, had it shown that it does."""
    return (
        live.discharge_dialect != "none"
        and live.discharge_fault is None
        and live.discharge_proven_at is None
    )
