"""A weather service for the simulated site: hourly sunlight and wind of the days to come, right on
the whole and wrong by more the further ahead.

Errors are correlated over hours and the same for the same seed and issue. Their size is made up:
10 % of the sunlight and 0.7 m/s at once, 22 % and 2 m/s from a day and a half on.
"""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import structlog

from csms.clock import Clock
from simulator.noise import Series, normal_series
from simulator.profiles import JsonObject, format_time
from simulator.site import SiteSpec
from simulator.weather import Weather

log = structlog.get_logger(__name__)

HOUR_S = 3600
HOURS = 60
FAR_S = 36 * 3600.0
SUN_ERROR_RATIO = (0.10, 0.22)
WIND_ERROR_M_PER_S = (0.7, 2.0)
ERROR_PERIOD_S = 5 * 3600.0
WIND_HEIGHT_M = 100.0
ISSUED_EVERY_S = 3 * 3600
PAUSE_S = 5.0


@dataclass(frozen=True, slots=True)
class WeatherService:
    """Foretells what `Weather` of the same seed will be."""

    site: SiteSpec
    seed: int

    def foretold(self, now: datetime) -> JsonObject:
        """The body of `PUT /sites/{site_id}/weather`, issued at the last full three hours."""
        issued_s = int(now.timestamp()) // ISSUED_EVERY_S * ISSUED_EVERY_S
        issued_at = datetime.fromtimestamp(issued_s, UTC)
        at_s: Series = issued_s + HOUR_S * np.arange(0.5, HOURS, dtype=np.float64)
        far = np.minimum((at_s - issued_s) / FAR_S, 1.0)
        sun, wind = self._means(issued_at)
        sun_off, wind_off = (
            normal_series(self.seed, f"{what} told {issued_s}", at_s, ERROR_PERIOD_S)
            for what in ("sun", "wind")
        )
        sun_ratio = 1 + _grown(SUN_ERROR_RATIO, far) * sun_off
        wind_told = wind + _grown(WIND_ERROR_M_PER_S, far) * wind_off
        return {
            "issued_at": format_time(issued_at),
            "starts_at": format_time(issued_at),
            "step_s": HOUR_S,
            "ghi_w_per_m2": np.round(np.maximum(sun * sun_ratio, 0.0), 1).tolist(),
            "wind_m_per_s": np.round(np.maximum(wind_told, 0.0), 2).tolist(),
            "wind_height_m": WIND_HEIGHT_M,
        }

    def _means(self, starts_at: datetime) -> tuple[Series, Series]:
        """What sunlight and wind will be, hour by hour."""
        weather = Weather(self.site.latitude_deg, self.site.longitude_deg, self.seed)
        days = [starts_at.date() + timedelta(days=n) for n in range(HOURS // 24 + 2)]
        farms = [farm.farm_id for farm in self.site.solar] or ["sky"]
        sun = np.concatenate([weather.ghi_w_per_m2(day, farms[0])[:-1] for day in days])
        wind = np.concatenate([weather.wind_speed_ms(day, WIND_HEIGHT_M)[:-1] for day in days])
        first = starts_at.hour * 60
        hours = slice(first, first + 60 * HOURS)
        sun, wind = sun[hours].reshape(HOURS, 60), wind[hours].reshape(HOURS, 60)
        return sun.mean(axis=1), wind.mean(axis=1)


async def tell(client: httpx.AsyncClient, service: WeatherService, clock: Clock) -> None:
    """Put each issue to the hub at `client`, until cancelled; again while it is away."""
    told_at = ""
    while True:
        foretold = await asyncio.to_thread(service.foretold, clock.now())
        if foretold["issued_at"] != told_at and await _put(client, service.site.site_id, foretold):
            told_at = foretold["issued_at"]
        await asyncio.sleep(PAUSE_S)


async def _put(client: httpx.AsyncClient, site_id: str, foretold: JsonObject) -> bool:
    """Whether the hub answered: what it refuses is not told again."""
    try:
        answer = await client.put(f"sites/{site_id}/weather", json=foretold)
    except httpx.TransportError as error:
        log.debug("hub not reached", error=type(error).__name__)
        return False
    if answer.is_client_error:
        log.warning("weather refused", status=answer.status_code, detail=answer.text[:500])
    return not answer.is_server_error


def _grown(size: tuple[float, float], far: Series) -> Series:
    grown: Series = size[0] + (size[1] - size[0]) * far
    return grown
