"""The instances that the decomposition was first tried on: a depot by night and a works by day
behind one connection, with sun, a store and exact knowledge of who comes; no tree, no taper."""

import numpy as np

from scheduler.planning.decomposition.fleet import Numbers
from scheduler.planning.problem import Problem, Vehicles

SLOTS, SLOT_H = 96, 0.25
ONE_WAY_RATIO, WEAR_GBP_PER_KWH = 0.93, 0.02
SHORT_GBP_PER_KWH, CONTRACT_GBP_PER_KWH, LIMIT_GBP_PER_KWH = 10.0, 20.0, 100.0


def published(size: int, seed: int = 0) -> Problem:
    """`size` vehicles from noon on. The store is one more vehicle, to end as full as it was."""
    random = np.random.default_rng(seed)
    by_night = random.random(size) < 0.5
    comes = np.where(by_night, random.normal(20, 4, size), random.normal(70, 6, size))
    stays = np.where(by_night, random.normal(52, 8, size), random.normal(34, 4, size))
    first = comes.round().astype(int).clip(0, 84)
    last = np.minimum(first + stays.round().astype(int).clip(6, SLOTS), SLOTS)
    capacity_kwh = random.choice([40.0, 60.0, 77.0], size)
    charge_kw = random.choice([7.4, 11.0, 22.0], size, p=[0.5, 0.35, 0.15])
    give_kw = np.where(random.random(size) < 0.7, np.minimum(charge_kw, 11.0), 0.0)
    start_kwh = capacity_kwh * random.uniform(0.2, 0.7, size)
    reserve_kwh = np.minimum(0.2 * capacity_kwh, start_kwh)
    wanted_kwh = capacity_kwh * random.uniform(0.75, 0.95, size)
    able_kwh = 0.95 * ONE_WAY_RATIO * charge_kw * SLOT_H * (last - first)
    target_kwh = np.maximum(np.minimum(wanted_kwh, start_kwh + able_kwh), reserve_kwh)

    hour = (12 + np.arange(SLOTS) * SLOT_H) % 24
    price = 0.18 + 0.10 * _bump(hour, 18, 1.8) - 0.07 * _bump(hour, 3, 2.5)
    price += 0.005 * random.standard_normal(SLOTS) - 0.05 * _bump(hour, 13, 2.0)
    sun_kw = 2.0 * size * np.maximum(0.0, np.sin((hour - 6) / 12 * np.pi))
    load_kw = 0.8 * size * (1 + 0.3 * np.sin((hour - 8) / 12 * np.pi))
    limit_kw = 0.35 * size * charge_kw.mean()

    with_store = [
        np.append(each, store)
        for each, store in (
            (first, 0), (last, SLOTS), (capacity_kwh, size), (charge_kw, 0.5 * size),
            (give_kw, 0.5 * size), (start_kwh, 0.5 * size), (reserve_kwh, 0.0),
            (target_kwh, 0.5 * size),
        )
    ]  # fmt: skip
    return _problem(_vehicles(*with_store), price, load_kw - sun_kw, limit_kw)


def _bump(hour: Numbers, at: float, wide: float) -> Numbers:
    bump: Numbers = np.exp(-(((hour - at) / wide) ** 2))
    return bump


def _vehicles(
    first: Numbers, last: Numbers, capacity_kwh: Numbers, charge_kw: Numbers,
    give_kw: Numbers, start_kwh: Numbers, reserve_kwh: Numbers, target_kwh: Numbers,
) -> Vehicles:  # fmt: skip
    slot, each = np.arange(SLOTS), np.ones(len(first))
    here = (slot >= first[:, None]) & (slot < last[:, None])
    return Vehicles(
        present_h=SLOT_H * here,
        charge_max_w=1e3 * charge_kw[:, None] * here,
        discharge_max_w=1e3 * give_kw[:, None] * here,
        floor_w=np.zeros(here.shape),
        min_charge_w=0.0 * each,
        step_w=0.0 * each,
        start_wh=1e3 * start_kwh,
        target_wh=1e3 * target_kwh,
        capacity_wh=1e3 * capacity_kwh,
        reserve_wh=1e3 * reserve_kwh,
        taper_wh=1e3 * capacity_kwh,
        taper_end_w=1e3 * charge_kw,
        charge_ratio=ONE_WAY_RATIO * each,
        discharge_ratio=ONE_WAY_RATIO * each,
        shortfall_gbp_per_kwh=SHORT_GBP_PER_KWH * each,
        haste_gbp_per_kwh=0.0 * each,
        extra_gbp_per_kwh=0.0,
        wear_gbp_per_kwh=WEAR_GBP_PER_KWH,
    )


def _problem(vehicles: Vehicles, price: Numbers, site_kw: Numbers, limit_kw: float) -> Problem:
    """`site_kw`: load less sun, none of which can be given up."""
    none, limit_w = np.zeros(SLOTS), np.full(SLOTS, 1e3 * limit_kw)
    return Problem(
        slot_h=np.full(SLOTS, SLOT_H),
        load_w=1e3 * site_kw,
        solar_w=none,
        wind_w=none,
        rise_w=none,
        fall_w=none,
        import_max_w=limit_w,
        import_plan_w=limit_w,
        export_max_w=limit_w,
        target_w=np.full(SLOTS, np.nan),
        kept_max_w=np.full(SLOTS, np.inf),
        kept_min_w=np.full(SLOTS, -np.inf),
        import_gbp_per_kwh=price,
        export_gbp_per_kwh=0.55 * price - 0.01,
        carbon_g_per_kwh=None,
        buy_gbp_per_kwh=price,
        expected_gbp_per_kwh=price,
        contract_gbp_per_kwh=CONTRACT_GBP_PER_KWH,
        limit_gbp_per_kwh=LIMIT_GBP_PER_KWH,
        circuit_ids=(),
        circuit_limit_w=np.zeros(0),
        circuit_max_w=np.zeros((0, SLOTS)),
        below=np.zeros((0, len(vehicles.start_wh))),
        vehicles=vehicles,
        store=None,
        dwell_s=0.0,
        call_down_w=none,
        call_up_w=none,
        asked_by=("",) * SLOTS,
        import_by=("",) * SLOTS,
    )
