"""Sites: what they are, their power now and before, their alarms."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import Depends, Query

from csms.clock import Clock
from scheduler.domain.site import Site as SiteFile
from scheduler.store import readings
from scheduler.store.sites import load
from web.api.models import Alarm, Answer, Page, SitePower
from web.api.paging import Span, page_of, slice_of
from web.api.routing import api_router
from web.api.views import power_of, readings_names
from web.auth import Viewer
from web.errors import invalid, not_found
from web.hub import Transaction
from web.store import sites
from web.store.paging import Slice

router = api_router("/sites", "sites", 404)
MOST_POINTS = 5000


class SiteCircuit(Answer):
    """A node of the tree of feeders; without a parent it hangs on the grid connection."""

    circuit_id: str
    parent_id: str | None
    limit_w: float


class SiteStore(Answer):
    """The stationary battery."""

    store_id: str
    capacity_wh: float
    max_charge_w: float
    max_discharge_w: float


class Decision(Answer):
    """What a bound or a rule of `[dispatch]` moved away from what plan, surplus or instruction
    wanted: the furthest, and how many EVSEs at once; `ended_at` null: it goes on."""

    began_at: datetime
    ended_at: datetime | None
    rule: str
    actuator: str
    most_w: float
    evses: int


class Site(Answer):
    """A site as its file says. `now` is site time, which runs `speed_ratio` times as fast."""

    site_id: str
    name: str
    time_zone: str
    import_limit_w: float
    export_limit_w: float
    margin_w: float
    circuits: list[SiteCircuit]
    solar_capacity_w: float
    wind_capacity_w: float
    store: SiteStore | None
    evse_count: int
    now: datetime
    speed_ratio: float


class PowerHistory(Answer):
    """Columns of equal length: averages per step that has readings; `at` is the step's start."""

    at: list[datetime]
    reading_count: list[int]
    grid_w: list[float | None]
    load_w: list[float | None]
    solar_w: list[float | None]
    wind_w: list[float | None]
    store_w: list[float | None]
    store_soc_pct: list[float | None]
    fleet_charge_w: list[float | None]
    fleet_discharge_w: list[float | None]


def site_of(row: Mapping[str, Any], clock: Clock) -> Site:
    """The answer for a stored site."""
    file = sites.configuration(row)
    connection = file.grid_connection
    return Site(
        site_id=file.site_id,
        name=file.name,
        time_zone=file.time_zone,
        import_limit_w=connection.import_limit_w,
        export_limit_w=connection.export_limit_w,
        margin_w=connection.margin_w,
        circuits=[SiteCircuit.model_validate(circuit) for circuit in file.circuits],
        solar_capacity_w=sum(farm.capacity_w for farm in file.solar),
        wind_capacity_w=sum(farm.capacity_w for farm in file.wind),
        store=None if file.store is None else SiteStore.model_validate(file.store),
        evse_count=row["evse_count"],
        now=clock.now(),
        speed_ratio=clock.speed_ratio,
    )


async def known_site(site_id: str, work: Transaction) -> SiteFile:
    """The site of the path. Raises 404."""
    site = await load(work.conn, site_id)
    if site is None:
        raise not_found("site", site_id)
    return site


KnownSite = Annotated[SiteFile, Depends(known_site)]


@router.get("", summary="List the sites")
async def list_sites(
    _: Viewer, work: Transaction, part: Annotated[Slice, Depends(slice_of)]
) -> Page[Site]:
    """By id."""
    found = await sites.page(work.conn, part)
    return page_of(found, lambda row: site_of(row, work.hub.clock))


@router.get("/{site_id}", summary="One site")
async def get_site(_: Viewer, site_id: str, work: Transaction) -> Site:
    """Limits, circuits, generation and store of the site file."""
    row = await sites.get(work.conn, site_id)
    if row is None:
        raise not_found("site", site_id)
    return site_of(dict(row), work.hub.clock)


@router.get("/{site_id}/power", summary="Power now")
async def get_power(_: Viewer, site: KnownSite, work: Transaction) -> SitePower:
    """The newest reading; `age_s` says how old it is, `mode` what the controller makes of it."""
    return await power_of(work.conn, site, work.hub.clock.now())


@router.get("/{site_id}/power/history", summary="Power before now")
async def get_history(
    _: Viewer,
    site: KnownSite,
    work: Transaction,
    span: Span,
    step_s: Annotated[int, Query(ge=1, le=86_400)] = 300,
) -> PowerHistory:
    """Averages per step of [from, to): at most 5000 steps."""
    since, until = span
    if (until - since) / timedelta(seconds=step_s) > MOST_POINTS:
        raise invalid("step_s", f"must be longer: at most {MOST_POINTS} steps fit in an answer")
    windows = await readings.windows(work.conn, site.site_id, since, until, step_s)
    columns = ["at", "reading_count", *readings_names()]
    return PowerHistory.model_validate(
        {column: [getattr(window, column) for window in windows] for column in columns}
    )


@router.get("/{site_id}/decisions", summary="List what the controller did not let pass")
async def list_decisions(
    _: Viewer,
    site: KnownSite,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    going_on: Annotated[bool | None, Query()] = None,
) -> Page[Decision]:
    """Newest first; one that acts again within a minute is still the same."""
    rows = await sites.decisions(work.conn, site.site_id, part, going_on=going_on)
    return page_of(rows, Decision.model_validate)


@router.get("/{site_id}/alarms", summary="List the site's alarms")
async def list_alarms(
    _: Viewer,
    site: KnownSite,
    work: Transaction,
    part: Annotated[Slice, Depends(slice_of)],
    is_open: Annotated[bool | None, Query(alias="open")] = None,
) -> Page[Alarm]:
    """Newest first; `open=true` for what is wrong now."""
    found = await sites.alarms(work.conn, site.site_id, part, is_open=is_open)
    return page_of(found, Alarm.model_validate)
