"""What the hub's books hold of one stay, orders and readings, and what a plan learns of them: as
from `services/prove` and `services/as_proven`, with the same rules."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from csms.domain.commands import CommandStatus
from scheduler.domain.demand import Demand
from scheduler.domain.proof import (
    DISOBEYED,
    INTERVAL_S,
    LIMITED,
    Evidence,
    Metered,
    ProofRow,
    SentOrder,
)
from scheduler.planning.profiles import HeldSetpoint
from scheduler.planning.prove import prove
from scheduler.services.as_proven import PROVEN_FOR, Proofs, as_proven
from scheduler.services.prove import judged_by
from simulator.site import StationSpec

SAMPLE_S = 60
KEPT_FOR = timedelta(hours=1)  # no lease is longer


@dataclass(slots=True)
class Books:
    """Orders and readings of the last hour; `deviated`: the newest interval that did."""

    orders: list[SentOrder] = field(default_factory=list)
    readings: list[Metered] = field(default_factory=list)
    judged_until: datetime | None = None
    deviated: ProofRow | None = None

    def sent(self, now: datetime, held: HeldSetpoint) -> None:
        """An order that left; its station takes it."""
        order = SentOrder(
            sent_at=now,
            until=held.until,
            setpoint_w=held.setpoint_w,
            status=CommandStatus.CONFIRMED,
            done_at=now,
        )
        self.orders = [*(one for one in self.orders if one.sent_at > now - KEPT_FOR), order]

    def metered(
        self, at: datetime, imported_wh: float, exported_wh: float, power_w: float,
        soc_pct: float | None,
    ) -> None:  # fmt: skip
        """A meter value that came."""
        self.readings = [one for one in self.readings if one.at > at - KEPT_FOR]
        self.readings.append(
            Metered(
                at=at, imported_wh=imported_wh, exported_wh=exported_wh, power_w=power_w,
                soc_pct=soc_pct,
            )
        )  # fmt: skip

    def proven(self, demand: Demand, spec: StationSpec, floor_w: float, now: datetime) -> Demand:
        """The demand with what its meter proved of late."""
        self._judge(demand, spec, floor_w, judged_by(now))
        row = self.deviated
        if row is None or row.starts_at < now - PROVEN_FOR:
            return demand
        found: Proofs = {(row.station_id, row.evse_id, row.transaction_id): row}
        return as_proven(demand, found) or demand

    def _judge(self, demand: Demand, spec: StationSpec, floor_w: float, until: datetime) -> None:
        """Every interval that is over and was not judged."""
        if not self.readings or until <= (self.judged_until or self.readings[0].at):
            return
        began_at = self.readings[0].at
        since_s = (self.judged_until or began_at).timestamp() // INTERVAL_S * INTERVAL_S
        evidence = Evidence(
            station_id=demand.station_id,
            evse_id=demand.evse_id,
            transaction_id=demand.transaction_id,
            begins_at=began_at,
            ends_at=None,
            floor_w=floor_w,
            min_charge_w=spec.min_charge_w,
            max_charge_w=spec.max_charge_w,
            max_discharge_w=spec.max_discharge_w,
            sample_interval_s=SAMPLE_S,
            orders=tuple(self.orders),
            metered=tuple(self.readings),
        )
        for row in prove(evidence, datetime.fromtimestamp(since_s, UTC), until):
            if row.deviation in (*LIMITED, *DISOBEYED):
                self.deviated = row
        self.judged_until = until
