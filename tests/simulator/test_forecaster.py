"""The simulated weather service: near the truth, nearer for the near."""

import asyncio
import json
from datetime import timedelta

import httpx
import numpy as np

from simulator.forecaster import HOURS, WeatherService, tell
from simulator.weather import Weather
from tests.simulator.makers import NOON, ev36zero

SERVICE = WeatherService(ev36zero(), seed=1)


def missed_m_per_s(lead_h: slice) -> float:
    """Root mean square over forty issues."""
    weather = Weather(SERVICE.site.latitude_deg, SERVICE.site.longitude_deg, 1)
    off = []
    for number in range(40):
        at = NOON.replace(hour=0) + timedelta(days=number)
        days = [at.date() + timedelta(days=n) for n in range(3)]
        true = np.concatenate([weather.wind_speed_ms(day, 100.0)[:-1] for day in days])
        said = np.array(SERVICE.foretold(at)["wind_m_per_s"])
        off.append((said - true[: 60 * HOURS].reshape(HOURS, 60).mean(axis=1))[lead_h])
    return float(np.sqrt(np.mean(np.square(off))))


def test_it_misses_the_first_hours_by_less_than_the_day_after() -> None:
    near, far = missed_m_per_s(slice(0, 3)), missed_m_per_s(slice(36, 60))
    assert 0.4 < near < 1.2
    assert 1.5 < far < 2.5


def test_an_issue_says_the_same_whenever_it_is_asked_for() -> None:
    at = NOON.replace(hour=12, minute=5)
    first = SERVICE.foretold(at)
    assert first == SERVICE.foretold(at + timedelta(hours=2))
    assert first["issued_at"].startswith(at.strftime("%Y-%m-%dT12:00"))
    assert first != SERVICE.foretold(at + timedelta(hours=3))
    assert len(first["ghi_w_per_m2"]) == len(first["wind_m_per_s"]) == HOURS
    assert min(first["ghi_w_per_m2"]) == 0


class NoonClock:
    """Stands at noon; `asked` is set when it was asked five times."""

    def __init__(self) -> None:
        self.times = 0
        self.asked = asyncio.Event()

    def now(self) -> object:
        self.times += 1
        if self.times == 5:
            self.asked.set()
        return NOON


async def test_an_issue_is_told_once_and_again_while_the_hub_is_away(monkeypatch) -> None:
    monkeypatch.setattr("simulator.forecaster.PAUSE_S", 0.0)
    told: list[httpx.Request] = []
    clock = NoonClock()

    def hub(request: httpx.Request) -> httpx.Response:
        told.append(request)
        return httpx.Response(503 if len(told) == 1 else 200)

    transport = httpx.MockTransport(hub)
    async with httpx.AsyncClient(base_url="http://hub/api/v1/", transport=transport) as client:
        telling = asyncio.create_task(tell(client, SERVICE, clock))
        async with asyncio.timeout(10):
            await clock.asked.wait()
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
    assert len(told) == 2
    assert told[1].url.path == "/api/v1/sites/ev36zero/weather"
    assert json.loads(told[1].content) == SERVICE.foretold(NOON)
