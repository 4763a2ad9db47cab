"""A dialect per OCPP version: how a setpoint is said, and how a composite schedule is understood.

Stations of 1.6 are spoken to in the words of 2.0.1, which their own caller translates.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from csms.domain.commands import Setpoint
from csms.domain.dynamic import DynamicProfile
from csms.domain.ids import EvseId, TransactionId
from csms.domain.station import OcppVersion, StationAbilities
from csms.ocppj import dialect21, dialects
from csms.ocppj.dialects import SetpointRefusal


class Lease(Protocol):
    """A SetChargingProfile request of the version, and the setpoint that it really carries."""

    @property
    def request(self) -> Any: ...

    @property
    def setpoint_w(self) -> float: ...

    @property
    def highest_w(self) -> float | None: ...

    @property
    def dynamic(self) -> DynamicProfile | None: ...


class Dialect(Protocol):
    """What a dialect's module offers."""

    def lease(
        self,
        setpoint: Setpoint,
        evse_id: EvseId | None,
        transaction_id: TransactionId | None,
        abilities: StationAbilities,
        now: datetime,
    ) -> Lease | SetpointRefusal:
        """The lease that says `setpoint`, as far as the station may be told."""

    def zeroed(self, told: Any) -> Lease:
        """The same lease with limit 0."""

    def composite_w(
        self, response: Any, abilities: StationAbilities, now: datetime
    ) -> float | None:
        """The power that a GetCompositeSchedule response says holds now; None if it does not."""


DIALECTS: Final[Mapping[OcppVersion, Dialect]] = {
    OcppVersion.V16: dialects,
    OcppVersion.V201: dialects,
    OcppVersion.V21: dialect21,
}
