"""Rows of the store as answers of the API, where more than one router or the stream needs them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.domain.site import Site
from scheduler.store import readings, states
from scheduler.store.states import SiteState
from web.api.models import CircuitPower, Evse, Explanation, SitePower, Why
from web.store import evses
from web.why import reason_now

FRESH: Final = timedelta(minutes=3)
NO_SETPOINT: Final = dict.fromkeys(("setpoint_w", "setpoint_until", "setpoint_status"))
Explanations = Mapping[str, Sequence[Mapping[str, Any]]]


async def explanations(conn: AsyncConnection, site_ids: set[str]) -> Explanations:
    """What each site's controller says of its last cycle."""
    found = {site_id: await states.get(conn, site_id) for site_id in sorted(site_ids)}
    return {site_id: state.explanation for site_id, state in found.items() if state}


def evse_of(row: RowMapping, told: Explanations, now: datetime) -> Evse:
    """An EVSE row with its reason; a setpoint past its lease is none."""
    reason = reason_now(dict(row), told.get(row["site_id"] or "", ()), now)
    leased = row["setpoint_until"] is not None and row["setpoint_until"] > now
    setpoint = {} if leased else NO_SETPOINT
    return Evse.model_validate({**row, **setpoint, "why": reason and Why.model_validate(reason)})


async def evses_of(conn: AsyncConnection, rows: Sequence[RowMapping], now: datetime) -> list[Evse]:
    """EVSE rows with their reasons."""
    told = await explanations(conn, {row["site_id"] for row in rows if row["site_id"]})
    return [evse_of(row, told, now) for row in rows]


async def power_of(conn: AsyncConnection, site: Site, now: datetime) -> SitePower:
    """The site's newest reading, and what its controller holds it to."""
    reading = await readings.newest(conn, site.site_id)
    state = await states.get(conn, site.site_id)
    direct = await evses.circuit_power(conn, site.site_id, now - FRESH)
    measured = {name: getattr(reading, name, None) for name in readings_names()}
    return SitePower.model_validate(
        {
            **measured,
            "at": reading and reading.at,
            "age_s": reading and max(0.0, (now - reading.at).total_seconds()),
            "quality": reading and reading.quality.value,
            **_held(site, state),
            "circuits": circuit_powers(site, direct),
        }
    )


def readings_names() -> list[str]:
    """The measured fields of a site reading."""
    return [column.name for column in readings.MEASURED]


def _held(site: Site, state: SiteState | None) -> dict[str, Any]:
    """Before the first cycle of a controller: the connection less its margin, and no mode."""
    connection = site.grid_connection
    if state is None:
        return {
            "import_bound_w": connection.import_limit_w - connection.margin_w,
            "export_bound_w": max(0.0, connection.export_limit_w - connection.margin_w),
            "target_grid_w": None,
            "mode": None,
            "explanation": [],
        }
    return {
        "import_bound_w": state.import_bound_w,
        "export_bound_w": state.export_bound_w,
        "target_grid_w": state.target_grid_w,
        "mode": state.mode,
        "explanation": [
            Explanation(code=str(e.get("code", "")), detail=str(e.get("detail", "")))
            for e in state.explanation
        ],
    }


def circuit_powers(site: Site, direct_w: Mapping[str, float]) -> list[CircuitPower]:
    """Each circuit with all that hangs below it."""
    children: dict[str | None, list[str]] = {}
    for circuit in site.circuits:
        children.setdefault(circuit.parent_id, []).append(circuit.circuit_id)

    def below_w(circuit_id: str) -> float:
        return direct_w.get(circuit_id, 0.0) + sum(below_w(c) for c in children.get(circuit_id, ()))

    return [
        CircuitPower(circuit_id=c.circuit_id, power_w=below_w(c.circuit_id), limit_w=c.limit_w)
        for c in site.circuits
    ]
