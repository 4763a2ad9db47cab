"""Who may do what: the words of authorisation, shared by the API, its store and the CLI."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """`viewer` sees, `operator` acts, `admin` also does what can override the hub's own control."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    def includes(self, wanted: "Role") -> bool:
        """Whether this role may do what `wanted` may."""
        order = list(Role)
        return order.index(self) >= order.index(wanted)


class Scope(StrEnum):
    """What a token may do instead of a role: it then sees and does nothing else."""

    SIGNALS = "signals"
    PAYMENTS = "payments"
    WEATHER = "weather"
    DRIVER = "driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking. `role` is None for a token that has scopes; `csrf_token` is a session's.
    `site_ids`: the only sites that a token is good for, None: all; `vehicle_ids`: the vehicles for
    whose driver one with scope `driver` speaks.

    `credential` is the stored hash of the session or token, never the secret itself.
    """

    name: str
    is_token: bool
    role: Role | None
    scopes: frozenset[Scope]
    site_ids: frozenset[str] | None = None
    vehicle_ids: frozenset[str] = frozenset()
    credential: str
    expires_at: datetime | None = None
    csrf_token: str | None = None

    @property
    def actor(self) -> str:
        """The name in audit rows, commands and signals; a user and a token never share one."""
        return f"{'token' if self.is_token else 'user'}:{self.name}"

    @property
    def speaks_for_drivers(self) -> bool:
        """Whether it is a driver's app: it may say a driver's wishes, and nothing else."""
        return Scope.DRIVER in self.scopes

    def may(self, wanted: Role) -> bool:
        """Whether the role suffices."""
        return self.role is not None and self.role.includes(wanted)
