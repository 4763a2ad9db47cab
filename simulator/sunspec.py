"""SunSpec units of a simulated plant: which models each has, and what their points say now. Pure.

Layouts are SunSpec's own model definitions (pysunspec2). A unit's chain starts at register 40000.
SunSpec counts power out of a device as positive and import at a meter as positive; the plant counts
charging the store as positive.
"""

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from sunspec2.device import Model

from simulator.plant import Plant, Store

BASE: Final = 40_000
COMMON, INVERTER, METER, CONTROL, CAPACITY = 1, 113, 213, 704, 713
ENABLED: Final = 1
WATTS: Final = 1
MPPT, STANDBY = 4, 8
CAPACITY_SF: Final = 3
LINE_V: Final = 11_000.0
PHASES: Final = 3

Values = Mapping[str, float]


class Unit:
    """One device of the gateway: a chain of models, refreshed before every read."""

    def __init__(self, name: str, unit_id: int, refresh: Callable[["Unit"], None]) -> None:
        self.unit_id = unit_id
        self.models: dict[int, Model] = {}
        self._refresh = refresh
        common = self.add(COMMON)
        for point, text in (("Mn", "V2GHubSim"), ("Md", "Plant"), ("SN", name), ("Vr", "1")):
            common.points[point].set_value(text)

    def add(self, model_id: int, **values: float) -> Model:
        """Append a model to the chain; scale factors (`…_SF`) are set before what they scale."""
        model = Model(model_id)
        self.models[model_id] = model
        self.put(model_id, {name: value for name, value in values.items() if name.endswith("_SF")})
        self.put(
            model_id, {name: value for name, value in values.items() if not name.endswith("_SF")}
        )
        return model

    def put(self, model_id: int, values: Values) -> None:
        """Set points, in their units."""
        points = self.models[model_id].points
        for name, value in values.items():
            integer = points[name].pdef["type"] != "float32"
            points[name].set_value(round(value) if integer and not points[name].sf else value,
                                   computed=bool(points[name].sf))  # fmt: skip

    def value(self, model_id: int, name: str) -> float:
        """A point in its unit; NaN if it is not implemented."""
        value = self.models[model_id].points[name].cvalue
        return math.nan if value is None else float(value)

    def registers(self) -> list[int]:
        """The chain as it is now, from register 40000 to the end mark."""
        self._refresh(self)
        data = b"SunS" + b"".join(model.get_mb() for model in self.models.values())
        data += struct.pack(">HH", 0xFFFF, 0)
        return list(struct.unpack(f">{len(data) // 2}H", data))

    def start_of(self, model_id: int) -> int:
        """The register at which a model of the chain begins."""
        address = BASE + 2
        for found_id, model in self.models.items():
            if found_id == model_id:
                return address
            address += len(model.get_mb()) // 2
        raise KeyError(model_id)


class StoreUnit(Unit):
    """The store: 113 says its power, 713 its charge; 704 sets its power. Every write starts the
    reversion timer anew (WSetRvrtTms); when it ends the store goes to 0 W: a dead-man."""

    def __init__(self, unit_id: int, store: Store) -> None:
        super().__init__(store.spec.store_id, unit_id, lambda _: self._show())
        self._store = store
        self.add(INVERTER)
        self.add(CONTROL, WSet_SF=0, WSetEna=0, WSetMod=WATTS, WSet=0, WSetRvrt=0,
                 WSetEnaRvrt=ENABLED, WSetRvrtTms=300, WSetRvrtRem=0)  # fmt: skip
        self.add(CAPACITY, WH_SF=CAPACITY_SF, Pct_SF=-1, WHRtg=store.spec.capacity_wh, Sta=0)

    def write(self, address: int, values: list[int]) -> bool:
        """Take `values` into model 704 from register `address` on; False where it is not possible:
        outside of its settings, or another mode than watts."""
        model = self.models[CONTROL]
        first = address - self.start_of(CONTROL)
        written = [
            point for point in model.points.values() if first <= point.offset < first + len(values)
        ]
        if not written or any(point.pdef.get("access") != "RW" for point in written):
            return False
        data = struct.pack(f">{len(values)}H", *values)
        before = {point.pdef["name"]: point.value for point in written}
        for point in written:
            point.set_mb(data[2 * (point.offset - first) :])
        if self.value(CONTROL, "WSetMod") != WATTS or math.isnan(self.value(CONTROL, "WSet")):
            for point in written:
                point.set_value(before[point.pdef["name"]])
            return False
        self._command()
        return True

    def _command(self) -> None:
        if self.value(CONTROL, "WSetEna") != ENABLED:
            self._store.command(0.0, 0.0)
            return
        hold_s = self.value(CONTROL, "WSetRvrtTms")
        self._store.command(-self.value(CONTROL, "WSet"), hold_s if hold_s > 0 else math.inf)

    def _show(self) -> None:
        store = self._store
        remaining_s = store.remaining_s if math.isfinite(store.remaining_s) else 0.0
        if store.remaining_s <= 0:
            self.put(CONTROL, {"WSet": 0.0})
        self.put(CONTROL, {"WSetRvrtRem": remaining_s})
        self.put(INVERTER, _inverter(-store.power_w, store.discharged_wh))
        self.put(CAPACITY, {"WHAvail": store.energy_wh, "SoC": store.soc_pct})


def plant_units(plant: Plant) -> list[Unit]:
    """The units that the site file names; a site without any has a bare gateway, unit 1."""
    units = list(_units(plant))
    return units or [Unit("gateway", 1, lambda _: None)]


def _units(plant: Plant) -> Iterator[Unit]:
    site = plant.site
    if site.grid_connection.meter is not None:
        yield _meter("grid", site.grid_connection.meter.unit_id, lambda: _grid(plant))
    if site.load.meter is not None:
        yield _meter("load", site.load.meter.unit_id, lambda: _load(plant))
    inverters = [(farm.farm_id, farm.inverter) for farm in site.solar]
    inverters += [(farm.farm_id, farm.inverter) for farm in site.wind]
    for farm_id, inverter in inverters:
        if inverter is not None:
            yield _generator(plant, farm_id, inverter.unit_id)
    if plant.store is not None and plant.store.spec.inverter is not None:
        yield StoreUnit(plant.store.spec.inverter.unit_id, plant.store)


def _meter(name: str, unit_id: int, values: Callable[[], Values]) -> Unit:
    unit = Unit(name, unit_id, lambda unit: unit.put(METER, values()))
    unit.add(METER, Evt=0)
    return unit


def _generator(plant: Plant, farm_id: str, unit_id: int) -> Unit:
    def refresh(unit: Unit) -> None:
        power_w = plant.generation_w.get(farm_id, 0.0)
        unit.put(INVERTER, _inverter(power_w, plant.generated_wh.get(farm_id, 0.0)))

    unit = Unit(farm_id, unit_id, refresh)
    unit.add(INVERTER)
    return unit


def _grid(plant: Plant) -> Values:
    power_w = plant.latest.grid_w if plant.latest else 0.0
    return _metered(power_w, plant.imported_wh, plant.exported_wh)


def _load(plant: Plant) -> Values:
    return _metered(plant.latest.load_w if plant.latest else 0.0, plant.load_wh, 0.0)


def _metered(power_w: float, imported_wh: float, exported_wh: float) -> Values:
    current_a = abs(power_w) / LINE_V / math.sqrt(PHASES)
    return {
        "W": power_w,
        "A": current_a * PHASES,
        "AphA": current_a,
        "AphB": current_a,
        "AphC": current_a,
        "PPV": LINE_V,
        "Hz": 50.0,
        "TotWhImp": imported_wh,
        "TotWhExp": exported_wh,
    }


def _inverter(output_w: float, output_wh: float) -> Values:
    current_a = abs(output_w) / LINE_V / math.sqrt(PHASES)
    return {
        "W": output_w,
        "A": current_a * PHASES,
        "AphA": current_a,
        "AphB": current_a,
        "AphC": current_a,
        "PPVphAB": LINE_V,
        "Hz": 50.0,
        "WH": output_wh,
        "St": MPPT if output_w else STANDBY,
        "Evt1": 0,
        "Evt2": 0,
    }
