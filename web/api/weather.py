"""Weather foretold for a site: a weather service, or who asks one, brings it; forecasts use it."""

from datetime import datetime, timedelta
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from csms.bus import EVENTS
from csms.store import outbox
from scheduler.domain.weather import Weather
from scheduler.store import weather as store
from web.api.models import Answer, Instant
from web.api.routing import api_router
from web.api.sites import KnownSite
from web.auth import Viewer, WeatherTeller
from web.errors import ApiError, invalid
from web.hub import Transaction
from web.store import audit

router = api_router("/sites/{site_id}/weather", "sites", 404)

WEATHER_FORETOLD = "WeatherForetold"
CLOCKS_DIFFER = timedelta(minutes=10)
AHEAD = timedelta(days=1)
Irradiance = Annotated[float, Field(ge=0, le=2000, allow_inf_nan=False)]
Speed = Annotated[float, Field(ge=0, le=150, allow_inf_nan=False)]


class WeatherPut(BaseModel):
    """Means over steps of `step_s` from `starts_at`; sunlight, wind or both. The same `issued_at`
    again replaces what it said."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [
        {
            "issued_at": "2026-06-01T06:00:00Z", "starts_at": "2026-06-01T06:00:00Z",
            "step_s": 3600, "ghi_w_per_m2": [210, 340, 460], "wind_m_per_s": [7.1, 7.4, 8.0],
            "wind_height_m": 100,
        }
    ]})  # fmt: skip

    issued_at: Instant
    starts_at: Instant
    step_s: Annotated[int, Field(ge=300, le=21_600)]
    ghi_w_per_m2: Annotated[list[Irradiance], Field(max_length=1000)] = []
    wind_m_per_s: Annotated[list[Speed], Field(max_length=1000)] = []
    wind_height_m: Annotated[float, Field(ge=2, le=300, allow_inf_nan=False)] = 100.0


class WeatherForetold(Answer):
    """What is foretold for the site by the newest issue that still tells of what comes."""

    issued_at: datetime
    starts_at: datetime
    step_s: int
    ghi_w_per_m2: list[float]
    wind_m_per_s: list[float]
    wind_height_m: float


@router.put("", summary="Tell the weather to come")
async def put_weather(
    who: WeatherTeller, site: KnownSite, asked: WeatherPut, work: Transaction
) -> WeatherForetold:
    """Forecasts of sun and wind follow it from the next plan on, which is made at once."""
    now = work.hub.clock.now()
    lengths = {len(column) for column in (asked.ghi_w_per_m2, asked.wind_m_per_s) if column}
    if len(lengths) != 1:
        raise invalid("wind_m_per_s", "give sunlight, wind or both, as many steps of each")
    if asked.issued_at > now + CLOCKS_DIFFER:
        raise invalid("issued_at", "must not lie in the future (site time)")
    if asked.starts_at > now + AHEAD:  # it would stand in the place of one that tells of today
        raise invalid("starts_at", "must not lie more than a day ahead (site time)")
    foretold = Weather(
        issued_at=min(asked.issued_at, now),
        starts_at=asked.starts_at,
        step_s=asked.step_s,
        ghi_w_per_m2=np.array(asked.ghi_w_per_m2, np.float64),
        wind_m_per_s=np.array(asked.wind_m_per_s, np.float64),
        wind_height_m=asked.wind_height_m,
    )
    if foretold.ends_at <= now:
        raise invalid("starts_at", "its last step must not be over (site time)")
    await store.put(work.conn, site.site_id, foretold, now=now)
    about = {"issued_at": asked.issued_at.isoformat()}
    await audit.record(work.conn, who.actor, "weather.put", site.site_id, about)
    await outbox.append(work.conn, WEATHER_FORETOLD, now, {}, site_id=site.site_id)
    work.hint(EVENTS, await outbox.newest_id(work.conn))
    return _answer(foretold)


@router.get("", summary="The weather to come")
async def get_weather(_: Viewer, site: KnownSite, work: Transaction) -> WeatherForetold:
    """As last told. 404 if nobody told, or what was told is over."""
    now = work.hub.clock.now()
    foretold = await store.newest(work.conn, site.site_id, now, reaches=now)
    if foretold is None:
        raise ApiError(404, "No weather is foretold for this site: PUT it here.")
    return _answer(foretold)


def _answer(foretold: Weather) -> WeatherForetold:
    return WeatherForetold(
        issued_at=foretold.issued_at,
        starts_at=foretold.starts_at,
        step_s=foretold.step_s,
        ghi_w_per_m2=foretold.ghi_w_per_m2.tolist(),
        wind_m_per_s=foretold.wind_m_per_s.tolist(),
        wind_height_m=foretold.wind_height_m,
    )
