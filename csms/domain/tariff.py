"""Tariffs: what energy, time, idling and a start cost, by the time of day (OCPP 2.1 I, OCPI 2.2.1).

Prices are in `currency` without tax, of the first entry whose conditions hold; none of them: free.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Per kWh, per hour, or once. It holds from `from_time` until before `to_time` (over midnight
    if that is earlier) on `days` (ISO: Monday is 1; none named: all), local time of the tariff;
    the day is the one on which `from_time` lies. `after_s`: only once that much has gone by."""

    price: Decimal
    from_time: time | None = None
    to_time: time | None = None
    days: tuple[int, ...] = ()
    after_s: int = 0

    def holds(self, local: datetime) -> bool:
        """Whether the conditions of time hold at `local`."""
        start, end, clock = self.from_time or time.min, self.to_time or time.min, local.time()
        if start < end:
            return start <= clock < end and self._day(local)
        if clock >= start:
            return self._day(local)
        return clock < end and self._day(local - timedelta(days=1))

    def _day(self, local: datetime) -> bool:
        return not self.days or local.isoweekday() in self.days


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """`energy` and `export` are per kWh (export is what the driver earns), `charging_time` and
    `idle_time` per hour, `fixed` is per transaction. `running_cost_s`: how often a station hears
    the running cost, None: only if it says that it shows costs. `description` is for drivers."""

    tariff_id: str
    currency: str
    time_zone: str = "UTC"
    energy: tuple[Price, ...] = ()
    export: tuple[Price, ...] = ()
    charging_time: tuple[Price, ...] = ()
    idle_time: tuple[Price, ...] = ()
    fixed: tuple[Price, ...] = ()
    vat_pct: Decimal = Decimal(0)
    min_cost: Decimal | None = None
    max_cost: Decimal | None = None
    running_cost_s: int | None = None
    description: str | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which its prices change."""
        return ZoneInfo(self.time_zone)

    @property
    def clock_changes(self) -> frozenset[time]:
        """Local times at which a price may change, midnight among them."""
        prices = (*self.energy, *self.export, *self.charging_time, *self.idle_time)
        told = {at for price in prices for at in (price.from_time, price.to_time) if at}
        return frozenset(told | {time.min})


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffInForce:
    """The tariff that a driver comes under at a station, and what the station can show."""

    tariff: Tariff
    shows_tariff: bool = False
    shows_cost: bool = False
    computes: bool = False
    """The station computes cost by a tariff that it is given (OCPP 2.1, I07, I08)."""
    of_driver: bool = False
    """It is the driver's own, not that of a place."""


def matching(prices: tuple[Price, ...], local: datetime) -> Price | None:
    """The first price whose conditions of time hold."""
    return next((price for price in prices if price.holds(local)), None)
