"""How good forecasts of visits are: who arrives, when they leave, what they need.

The visits are real (the Caltech sample of ACN-Data that the simulator ships, see its attribution),
each forecast only by those before it. Arrivals are counts per hour of the day to come, as Poisson
quantiles. A visit's length and energy are forecast when it begins, with no word of its driver;
`told` is that word. Pinball loss is the mean over p10, p50 and p90; `ratio` below 1 is better than
the peer's. Prints JSON lines.

    .venv/bin/python bench/visits.py [--short]
"""

import csv
import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.stats import poisson

sys.path.insert(0, str(Path(__file__).parents[1]))

from scheduler.domain.stay import PastStay
from scheduler.forecasting.arrivals import MOST_WEEKS, WEEK, expected_arrivals
from scheduler.forecasting.habits import habit, visits_of

BENCH = "visits"
SAMPLE = Path(__file__).parents[1] / "simulator" / "data" / "acn-caltech-sample.csv.gz"
SHORT = "--short" in sys.argv
DAY = timedelta(days=1)
DAYS = 28 if SHORT else 150  # after the weeks that only teach
LIKELY = 20  # visits of which a rival knows the spread
DEFAULTS = {"departure": 8.0, "energy": 15.0}  # of a site file, h and kWh
QUANTILES = (0.1, 0.5, 0.9)
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Visit:
    """One of the sample; its driver's word beside what came of it."""

    stay: PastStay
    told: dict[str, float]

    @property
    def came(self) -> dict[str, float]:
        return _sizes(self.stay)


class Score:
    """Sums of one forecaster."""

    def __init__(self) -> None:
        self.pinball, self.inside, self.count = 0.0, 0, 0

    def add(self, quantiles: tuple[float, ...], came: float) -> None:
        for share, said in zip(QUANTILES, quantiles, strict=True):
            self.pinball += max(share * (came - said), (share - 1) * (came - said)) / 3
        self.inside += quantiles[0] <= came <= quantiles[2]
        self.count += 1


def _sizes(stay: PastStay) -> dict[str, float]:
    hours = (stay.ended_at - stay.began_at) / timedelta(hours=1)
    return {"departure": hours, "energy": stay.energy_wh / 1000}


def the_visits() -> list[Visit]:
    """All of them, by arrival; wall-clock times are taken for UTC."""
    with gzip.open(SAMPLE, "rt") as text:
        found = [_visit(row) for row in csv.DictReader(text)]
    return sorted(found, key=lambda visit: visit.stay.began_at)


def _visit(row: dict[str, str]) -> Visit:
    began_at, ended_at, told_at = (
        datetime.fromisoformat(row[name]).replace(tzinfo=UTC)
        for name in ("arrival", "departure", "estimated_departure")
    )
    stay = PastStay(
        circuit_id="garage", id_token=None, began_at=began_at, ended_at=ended_at,
        energy_wh=1000 * float(row["delivered_kwh"]), max_charge_w=7_000.0,
    )  # fmt: skip
    hours = (told_at - began_at) / timedelta(hours=1)
    return Visit(stay, {"departure": hours, "energy": float(row["requested_kwh"])})


def arrivals(visits: list[Visit]) -> dict[str, Score]:
    """Counts per hour of each day, forecast at its midnight."""
    scores: dict[str, Score] = defaultdict(Score)
    stays = [visit.stay for visit in visits]
    first = stays[0].began_at.replace(hour=0, minute=0, second=0)
    counts: dict[datetime, Numbers] = defaultdict(lambda: np.zeros(24))
    for stay in stays:
        counts[stay.began_at.replace(hour=0, minute=0, second=0)][stay.began_at.hour] += 1
    for day in range(7 * MOST_WEEKS, 7 * MOST_WEEKS + DAYS):
        now = first + day * DAY
        known = [stay for stay in stays if now - MOST_WEEKS * WEEK <= stay.began_at < now]
        rows = expected_arrivals(
            known, now=now - timedelta(seconds=1), ends_at=now + DAY, time_zone="UTC",
            known_since=first, here={},
        )  # fmt: skip
        ours = np.zeros(24)
        for row in rows:
            ours[min(row.arrives_at.hour, 23)] += row.chance_ratio
        said = {
            "ours": ours,
            "persistence": counts[now - DAY],
            "seasonal-naive": counts[now - WEEK],
        }
        for name, mean in said.items():
            low, middle, high = (poisson.ppf(share, mean) for share in QUANTILES)
            for hour, came in enumerate(counts[now]):
                scores[name].add((low[hour], middle[hour], high[hour]), float(came))
    return scores


def lengths(visits: list[Visit]) -> dict[str, dict[str, Score]]:
    """Departure and energy of each visit, forecast at plug-in by those that were over then."""
    scores: dict[str, dict[str, Score]] = defaultdict(lambda: defaultdict(Score))
    first = visits[0].stay.began_at + MOST_WEEKS * WEEK
    for visit in visits:
        now = visit.stay.began_at
        if not first <= now < first + DAYS * DAY:
            continue
        over = [
            one.stay for one in visits
            if one.stay.ended_at <= now and now - MOST_WEEKS * WEEK <= one.stay.began_at
        ]  # fmt: skip
        found = habit(visits_of(over, "UTC"), None, now, now, "UTC")
        if found is None:
            continue
        hours = tuple((at - now) / timedelta(hours=1) for at in found.departure_at)
        kwh = tuple(wh / 1000 for wh in found.energy_wh)
        week_ago = [one for one in over if one.began_at.date() == (now - WEEK).date()]
        for name, ours in (("departure", hours), ("energy", kwh)):
            came = visit.came[name]
            for rival, said in _rivals(name, over, week_ago, visit):
                scores[name][rival].add(said, came)
            scores[name]["ours"].add(ours, came)
    return scores


def _rivals(
    name: str, over: list[PastStay], week_ago: list[PastStay], visit: Visit
) -> Iterator[tuple[str, tuple[float, ...]]]:
    """The last visits; those of the same day a week ago, where there were any; what the site's
    file says of all; what the driver said."""
    for rival, known in (("persistence", over[-LIKELY:]), ("seasonal-naive", week_ago or over)):
        yield rival, tuple(np.quantile([_sizes(one)[name] for one in known], QUANTILES).tolist())
    yield "default", (DEFAULTS[name],) * 3
    yield "told", (visit.told[name],) * 3


def tell(quantity: str, unit: str, scores: dict[str, Score]) -> None:
    """The lines of one quantity, ours first."""
    ours = scores["ours"]
    for name in sorted(scores, key=lambda one: (one != "ours", one)):
        one = scores[name]
        told: dict[str, object] = {"quantity": quantity, "forecaster": name, "data": "ACN-Data"}
        if name != "ours":
            told |= {"peer": name, "ratio": round(ours.pinball / one.pinball, 3)}
        loss, inside = one.pinball / one.count, one.inside / one.count
        row = {"bench": BENCH, "metric": "pinball", "value": round(loss, 4), "unit": unit}
        print(json.dumps(row | told | {"forecasts": one.count}))
        row = {"bench": BENCH, "metric": "coverage", "value": round(inside, 3), "unit": "share"}
        print(json.dumps(row | told | {"meant": 0.8}), flush=True)


def main() -> None:
    visits = the_visits()
    tell("arrivals", "1/h", arrivals(visits))
    for quantity, scores in lengths(visits).items():
        tell(quantity, {"departure": "h", "energy": "kWh"}[quantity], scores)


if __name__ == "__main__":
    main()
