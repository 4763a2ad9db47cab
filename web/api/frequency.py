"""Frequency response: which stations of a site add to their setpoints by the frequency they see."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from csms.domain.frequency import CurveRefusal, FrequencyPoint, curve_refusal
from csms.store import frequency
from scheduler.domain.circuits import paths_of
from scheduler.domain.site import Site
from web.api.models import Answer, Page
from web.api.routing import api_router
from web.api.sites import KnownSite
from web.auth import Operator, Viewer
from web.errors import ApiError, not_found
from web.hub import Transaction
from web.store import audit

router = api_router("/sites/{site_id}", "sites", 404, 409)
WHY = {
    CurveRefusal.POINT_COUNT: "A curve has 2 to 20 points.",
    CurveRefusal.FREQUENCY_NOT_RISING: "Each point needs a higher frequency than the one before.",
    CurveRefusal.AGAINST_THE_GRID: "Power must not fall as frequency rises: that would take most"
    " when there is least.",
}
NOT_ABLE = "not_announced_by_the_device_model"


class Point(BaseModel):
    """At a frequency so much is added to the setpoint, + into the vehicle."""

    model_config = ConfigDict(extra="forbid")

    frequency_hz: Annotated[float, Field(gt=0, lt=100)]
    power_w: Annotated[float, Field(ge=-1e6, le=1e6)]


class ResponseRequest(BaseModel):
    """The curve, and who shall follow it: the stations named, those below a circuit, or all."""

    model_config = ConfigDict(extra="forbid")

    curve: list[Point]
    circuit_id: str | None = None
    station_ids: list[str] | None = None


class Responding(Answer):
    """A station and its curve; `refusal` is why it does not follow one."""

    station_id: str
    curve: list[Point]
    refusal: str | None = None


@router.get("/frequency-response", summary="Who responds to the frequency")
async def list_responding(_: Viewer, site: KnownSite, work: Transaction) -> Page[Responding]:
    """Stations of the site that add to their setpoints by the frequency, and by which curve."""
    rows = await frequency.chosen(work.conn, _stations(site))
    told = [Responding(station_id=row.station_id, curve=row.frequency_response) for row in rows]
    return Page(items=told, next=None)


@router.put("/frequency-response", summary="Let stations respond to the frequency")
async def put_response(
    who: Operator, site: KnownSite, asked: ResponseRequest, work: Transaction
) -> Page[Responding]:
    """From their next lease on; an empty curve ends it. Those whose device model does not tell of
    LocalFrequency are named and left as they are."""
    curve = tuple(FrequencyPoint(one.frequency_hz, one.power_w) for one in asked.curve)
    if curve and (why := curve_refusal(curve)) is not None:
        raise ApiError(409, WHY[why], name=why.value)
    group = _stations(site, asked.circuit_id)
    if asked.station_ids is not None:
        for station_id in asked.station_ids:
            if station_id not in group:
                raise not_found("station", station_id)
        group = sorted(set(asked.station_ids))
    able = await frequency.able(work.conn, group) if curve else set(group)
    await frequency.choose(work.conn, able, curve)
    detail: dict[str, Any] = {"curve": [list(one) for one in curve], "stations": sorted(able)}
    await audit.record(work.conn, who.actor, "site.frequency_response.set", site.site_id, detail)
    told = [
        Responding(
            station_id=one,
            curve=asked.curve if one in able else [],
            refusal=None if one in able else NOT_ABLE,
        )
        for one in group
    ]
    return Page(items=told, next=None)


def _stations(site: Site, circuit_id: str | None = None) -> list[str]:
    """Of the site, or below one of its circuits, by id. Raises 404 if there is none."""
    paths = paths_of(site.circuits)
    found = {
        one.station_id
        for one in site.evses()
        if circuit_id is None or circuit_id in paths[one.circuit_id]
    }
    if not found:
        raise not_found("station of", circuit_id or site.site_id)
    return sorted(found)
