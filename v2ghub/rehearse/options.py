"""What a rehearsal is made of: with the seed, all that decides its course."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

FIRST: Final = datetime(2026, 3, 24, 8, tzinfo=UTC)

RATES_PER_HOUR: Final[Mapping[str, float]] = MappingProxyType(
    {
        "csms_killed": 2.0,
        "csms_machine_lost": 0.5,
        "controller_killed": 3.0,
        "controller_stalled": 2.0,
        "worker_killed": 2.0,
        "hints_lost": 2.0,
        "database_away": 3.0,
        "line_reset": 12.0,
        "line_cut": 6.0,
        "line_lost": 1.0,
        "line_slow": 6.0,
        "station_rebooted": 1.0,
        "station_deaf": 1.0,
        "station_lies": 1.0,
        "station_repeats": 2.0,
        "station_clock_off": 1.0,
        "meter_silent": 3.0,
        "meter_frozen": 1.0,
        "csms_clock_stepped": 0.5,
        "controller_clock_stepped": 0.5,
        "vehicle_comes": 18.0,
        "vehicle_leaves": 4.0,
        "envelope_told": 3.0,
        "instruction_told": 3.0,
    }
)
"""Of the whole site, in a barrage of faults; for a dozen stations. The last ones are no faults."""

EVENTS: Final = ("vehicle_comes", "vehicle_leaves", "envelope_told", "instruction_told")


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`rates_per_hour` by kind of fault; `barrage_s`: for how long they come, before everything is
    healed for `calm_s`, and so on. `replan_s`: news is planned for at most so often."""

    seed: int = 1
    stations: int = 12
    hours: float = 1.0
    first: datetime = FIRST
    lease_s: float = 300.0
    replan_s: float = 120.0
    barrage_s: float = 1_500.0
    calm_s: float = 300.0
    clock_step_s: float = 60.0
    rates_per_hour: Mapping[str, float] = field(default_factory=lambda: RATES_PER_HOUR)

    @property
    def command(self) -> str:
        """What runs this very rehearsal again."""
        words = [
            f"v2ghub rehearse --seed {self.seed} --stations {self.stations} --hours {self.hours:g}",
            f"--from {self.first:%Y-%m-%dT%H:%M}",
        ]
        for name, rate in self.rates_per_hour.items():
            if rate != RATES_PER_HOUR[name]:
                words.append(f"--rate {name}={rate:g}")
        return " ".join(words)

    def expanded(self) -> dict[str, Any]:
        """As JSON values."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return plain | {
            "first": self.first.isoformat(),
            "rates_per_hour": dict(self.rates_per_hour),
        }
