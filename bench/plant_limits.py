"""What the plant's meter shows, second by second, while things go wrong under a real controller.

50 vehicles that the plan lets charge at 21 kW of 33, half of them two-way, a store of 1 MW, sun and
a factory behind one connection. Faults: `cloud` (the sun falls by 80 % in 10 s), `step` (the
factory takes 2 MW more at once), `store_gone` and `store_stuck` (while it carries 0.6 MW it stops,
silent or answering), each also with 20 % of the stations `liars` or `mute`. `above` is the share of
1 s samples over the connection limit with the site's configured margin, which is what its factory
starts at once; `above_for`, without any margin, how long the limit is broken until that is
corrected. `setpoint`: an instruction at the connection, followed with the store and by the fleet
alone: when the meter comes within 5 % and stays, and how far off it is from then on.
Prints JSON lines.

    .venv/bin/python bench/plant_limits.py [--short]
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import groupby
from uuid import UUID

import structlog
from _rig import is_short, percentile, report

from scheduler.domain.dispatch import Dispatch
from scheduler.domain.signal import GridSignal, SignalKind
from scheduler.domain.site import (
    Circuit,
    Control,
    GridConnection,
    Load,
    ModbusDevice,
    Site,
    SolarFarm,
    StationaryBattery,
    StationGroup,
    Tariff,
)
from tests.scheduler.second import NOON, World

BENCH = "plant_limits"
VEHICLES, PLANNED_W, MOST_W = 50, 21_000.0, 33_000.0
STORE_W, FACTORY_W, STEP_W, SUN_W = 1e6, 3e6, 2e6, 2.5e6
MARGIN_W = 2.1e6
ROUNDS = 1 if is_short() else 8
WARM_S, WATCHED_S, FOLLOWED_S = 60, 90, 240
FAULTY_RATIO = 0.2
WITHIN_RATIO = 0.05
CORRECTED_S, SETTLED_S, SETTLED_ALONE_S = 3.0, 10.0, 30.0
METER = ModbusDevice(host="127.0.0.1", port=1, unit_id=1)
Nature = Callable[[int], tuple[float, float]]


def a_site(limit_w: float, margin_w: float, *, store: bool = True) -> Site:
    """What the guard holds is `limit_w` less the margin."""
    half = {"vendor": "V2GHubSim", "circuit_id": "yard", "max_charge_w": MOST_W}
    return Site(
        site_id="plant",
        name="Plant",
        time_zone="UTC",
        latitude_deg=54.9,
        longitude_deg=-1.5,
        grid_connection=GridConnection(
            import_limit_w=limit_w, export_limit_w=limit_w, margin_w=margin_w, meter=METER
        ),
        circuits=(Circuit(circuit_id="yard", limit_w=VEHICLES * MOST_W),),
        solar=(SolarFarm(farm_id="roof", capacity_w=3e6, tilt_deg=10, azimuth_deg=180),),
        load=Load(max_w=FACTORY_W + STEP_W + 1e5, profile_w=(FACTORY_W,) * 48, meter=METER),
        tariff=Tariff(
            import_gbp_per_kwh=(0.2,) * 48,
            export_gbp_per_kwh=(0.05,) * 48,
            surplus_value_gbp_per_kwh=0.09,
        ),
        control=Control(lease_s=600.0),
        dispatch=Dispatch(random_delay_s=0.0),
        store=StationaryBattery(
            store_id="store", capacity_wh=2e6, max_charge_w=STORE_W, max_discharge_w=STORE_W
        )
        if store
        else None,
        stations=(
            StationGroup(
                prefix="two-", count=VEHICLES // 2, model="V2X-11", max_discharge_w=30_000.0, **half
            ),
            StationGroup(prefix="ac-", count=VEHICLES - VEHICLES // 2, model="AC-11", **half),
        ),
    )


def nature(fault: str, at_s: int, seed: int) -> Nature:
    """Load and sun of a second, with what every site has of noise."""
    chance = random.Random(seed)
    noise_w = [chance.gauss(0, 3_000.0) for _ in range(WARM_S + FOLLOWED_S + WATCHED_S + 100)]

    def of(second: int) -> tuple[float, float]:
        since_s = second - at_s
        clouded_ratio = min(max(since_s / 10, 0.0), 1.0) if fault == "cloud" else 0.0
        step_w = STEP_W if fault == "step" and since_s >= 0 else 0.0
        return FACTORY_W + step_w + noise_w[second], SUN_W * (1 - 0.8 * clouded_ratio)

    return of


def afflict(world: World, who: str, seed: int) -> None:
    """A fifth of the stations, from now on."""
    if who == "all well":
        return
    posts = list(world.posts.values())
    for post in random.Random(seed).sample(posts, round(FAULTY_RATIO * len(posts))):
        post.lies, post.mute = who == "liars", who == "mute"


def limit_of(fault: str) -> float:
    """Room for the whole plan before the fault, and none after it without store or fleet; where the
    store is lost, it is already needed."""
    before_w = FACTORY_W - SUN_W + VEHICLES * PLANNED_W
    return before_w - 0.6e6 if fault.startswith("store") else before_w + 1e6


def one(fault: str, who: str, margin_w: float, seed: int) -> list[float]:
    """The samples from the fault on, less the limit."""
    limit_w = limit_of(fault) + margin_w
    world = World(a_site(limit_w, margin_w), PLANNED_W)
    at_s = WARM_S + 30 + random.Random(seed).randrange(30)
    goes_on = nature(fault, at_s, seed)
    world.run(goes_on, WARM_S)
    afflict(world, who, seed)
    world.run(goes_on, at_s)
    world.devices.store_gone = fault == "store_gone"
    world.devices.store_stuck = fault == "store_stuck"
    world.run(goes_on, at_s + WATCHED_S)
    return [grid_w - limit_w for grid_w in world.grid[at_s:]]


def spells_s(beyond_w: list[float]) -> Iterator[int]:
    """How long each time above the limit lasted."""
    for above, samples in groupby(beyond_w, lambda w: w > 0):
        if above:
            yield len(list(samples))


def limits() -> None:
    for fault in ("cloud", "step", "store_gone", "store_stuck"):
        for who in ("all well", "liars", "mute"):
            held = [one(fault, who, MARGIN_W, seed) for seed in range(ROUNDS)]
            bare = [one(fault, who, 0.0, seed) for seed in range(ROUNDS)]
            samples = [w for run in held for w in run]
            share_pct = 100 * sum(w > 0 for w in samples) / len(samples)
            told = {"fault": fault, "stations": who, "rounds": ROUNDS}
            report(BENCH, "above", share_pct, "% of samples", **told)
            longest = [float(max(spells_s(run), default=0)) for run in bare]
            p95_s = percentile(longest, 0.95)
            ratio = {"peer": "target", "ratio": round(p95_s / CORRECTED_S, 2)}
            report(BENCH, "above_for_p95", p95_s, "s", **told, **ratio)
            worst_w = max(max(run) for run in bare)
            report(BENCH, "above_by_at_most", max(0.0, worst_w) / 1e3, "kW", **told)


def asked(site_power_w: float, from_s: int) -> GridSignal:
    return GridSignal(
        signal_id=UUID(int=1),
        site_id="plant",
        operator="grid",
        external_id="1",
        revision=1,
        kind=SignalKind.INSTRUCTION,
        priority=1,
        starts_at=NOON + timedelta(seconds=from_s),
        ends_at=NOON + timedelta(hours=1),
        site_power_w=site_power_w,
    )


def followed(change_w: float, store: bool, who: str, seed: int) -> tuple[float, list[float]]:
    """Seconds until the meter stays within 5 % of the setpoint, and the errors after it."""
    world = World(a_site(8e6, 0.0, store=store), PLANNED_W)
    before_w = FACTORY_W - SUN_W + VEHICLES * PLANNED_W
    at_s = WARM_S + 10 + random.Random(seed).randrange(30)
    goes_on, target_w = nature("none", at_s, seed), before_w + change_w
    world.run(goes_on, WARM_S)
    afflict(world, who, seed)
    world.run(goes_on, at_s)
    world.signals.append(asked(target_w, at_s))
    world.run(goes_on, at_s + FOLLOWED_S)
    off = [abs(grid_w - target_w) / abs(target_w) for grid_w in world.grid[at_s:]]
    late = [k for k, ratio in enumerate(off) if ratio > WITHIN_RATIO]
    settled_s = late[-1] + 1 if late else 0
    return float(settled_s), [100 * ratio for ratio in off[settled_s:]] or [100.0]


def setpoints() -> None:
    for store, change_w, target_s in (
        (True, -0.8e6, SETTLED_S),
        (True, -1.9e6, SETTLED_ALONE_S),
        (False, -0.8e6, SETTLED_ALONE_S),
        (False, -1.2e6, SETTLED_ALONE_S),
    ):
        for who in ("all well", "liars", "mute"):
            runs = [followed(change_w, store, who, seed) for seed in range(ROUNDS)]
            told = {"by": "store and fleet" if store else "fleet", "change_kw": change_w / 1e3}
            told |= {"stations": who, "rounds": ROUNDS}
            p95_s = percentile([settled_s for settled_s, _ in runs], 0.95)
            ratio = {"peer": "target", "ratio": round(p95_s / target_s, 2)}
            report(BENCH, "settled_p95", p95_s, "s", **told, **ratio)
            errors = [pct for _, off in runs for pct in off]
            report(BENCH, "error_p95", percentile(errors, 0.95), "% of the setpoint", **told)


def main() -> None:
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    began_s = time.process_time()
    limits()
    setpoints()
    report(BENCH, "cpu", time.process_time() - began_s, "s")


if __name__ == "__main__":
    main()
