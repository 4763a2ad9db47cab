"""What the hub knows of a simulated site on the first day: who came in the weeks before, as its
stations told, and what its meters and the weather foretold taught the forecasts. Nothing of it is
later than that day.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache

from csms.domain.ids import IdToken
from scheduler.domain.forecast import Forecast
from scheduler.domain.learned import Learned
from scheduler.domain.site import EvseSpec, Site
from scheduler.domain.stay import PastStay
from scheduler.forecasting.learning import Seen, learn, nothing_learned
from scheduler.services.forecast import RECENT_S, STEP_S, forecast_of
from scheduler.store.readings import ReadingWindow
from simulator.forecaster import WeatherService
from simulator.plant import Plant
from simulator.sessions import Session, day_sessions
from simulator.site import SiteSpec
from v2ghub.simulate.bay import Stay
from v2ghub.simulate.meters import foretold

DAY = timedelta(days=1)
PAST_DAYS = 14  # for which a simulated hub knows its site
FORECAST_EACH = timedelta(hours=2)


@lru_cache(maxsize=2)
def past_stays(
    site: Site, spec: SiteSpec, seed: int, until: datetime, days: int
) -> tuple[PastStay, ...]:
    """The visits of so many days that are over by `until`; each took what it asked for."""
    evses = {evse.station_id: evse for evse in site.evses()}
    return tuple(
        _stay_of(session, evses[session.station_id], session.requested_wh)
        for session in past_sessions(spec, seed, until, days)
    )


@lru_cache(maxsize=2)
def past_sessions(spec: SiteSpec, seed: int, until: datetime, days: int) -> tuple[Session, ...]:
    """The sessions of so many days that are over by `until`, from the first on."""
    first = (until - days * DAY).date()
    sessions = [s for k in range(days) for s in day_sessions(spec, first + k * DAY, seed)]
    return tuple(session for session in sessions if session.departure_at <= until)


def past_stay(stay: Stay, evse: EvseSpec) -> PastStay:
    """A visit of the simulated time that is over."""
    return _stay_of(stay.session, evse, stay.import_wh - stay.export_wh)


@lru_cache(maxsize=2)
def past_lessons(site: Site, spec: SiteSpec, seed: int, until: datetime, days: int) -> Learned:
    """What forecasts learned in so many days, made of each other hour and judged each day."""
    plant, service = Plant(spec, seed), WeatherService(spec, seed)
    learned = nothing_learned(until - days * DAY)
    horizon = timedelta(seconds=site.control.slot_s * site.control.horizon_slots)
    made: list[Forecast] = []
    for k in range(days):
        midnight = until - (days - k) * DAY
        for begins_at in _instants(midnight, FORECAST_EACH):
            recent_from = begins_at - timedelta(seconds=RECENT_S)
            count = RECENT_S // STEP_S
            steps = [recent_from + i * timedelta(seconds=STEP_S) for i in range(count)]
            recent = [_window(plant, at) for at in steps]
            told = foretold(service, begins_at)
            made.append(forecast_of(site, recent, begins_at, begins_at, learned, told))
        slots = _instants(midnight, timedelta(seconds=site.control.slot_s))
        seen = [Seen(starts_at=at, **_means(plant, at, site.control.slot_s)) for at in slots]
        learned = learn(learned, site, seen, made).later(midnight + DAY)
        made = [one for one in made if one.starts_at + horizon > midnight + DAY]
    return learned


def _stay_of(session: Session, evse: EvseSpec, energy_wh: float) -> PastStay:
    return PastStay(
        circuit_id=evse.circuit_id,
        id_token=IdToken(session.vehicle.id_token),
        began_at=session.arrival_at,
        ended_at=session.departure_at,
        energy_wh=energy_wh,
        max_charge_w=evse.max_charge_w,
    )


def _instants(midnight: datetime, each: timedelta) -> Iterator[datetime]:
    return (midnight + k * each for k in range(DAY // each))


def _means(plant: Plant, at: datetime, length_s: int) -> dict[str, float]:
    """Average W from an instant on, as meters told it."""
    load_w, generation_w = plant.nature(at, length_s)
    return {
        "load_w": load_w,
        "solar_w": sum(generation_w[farm.farm_id] for farm in plant.site.solar),
        "wind_w": sum(generation_w[farm.farm_id] for farm in plant.site.wind),
    }


def _window(plant: Plant, at: datetime) -> ReadingWindow:
    means = _means(plant, at, STEP_S)
    return ReadingWindow(
        at=at, reading_count=STEP_S, grid_w=None, store_w=None, store_soc_pct=None,
        fleet_charge_w=None, fleet_discharge_w=None, **means,
    )  # fmt: skip
