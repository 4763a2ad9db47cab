import httpx
import pytest

from tests.web.conftest import Problem

pytestmark = pytest.mark.integration


async def test_a_site_says_what_its_file_says(viewer: httpx.AsyncClient) -> None:
    listed = (await viewer.get("/sites")).json()
    assert [site["site_id"] for site in listed["items"]] == ["ev36zero"]
    site = (await viewer.get("/sites/ev36zero")).json()
    assert site["evse_count"] == 60
    assert site["circuits"][1]["parent_id"] == "fleet"
    assert site["solar_capacity_w"] == 24_750_000
    assert site["store"]["max_charge_w"] == 1_000_000
    assert site["now"].startswith("2026-06-01T12:00:")
    assert site["now"].endswith("Z")
    assert site["speed_ratio"] == 1.0


async def test_power_now_is_the_newest_reading_with_its_age_and_circuits(
    viewer: httpx.AsyncClient,
) -> None:
    power = (await viewer.get("/sites/ev36zero/power")).json()
    assert power["at"] == "2026-06-01T11:59:59Z"
    assert 1 <= power["age_s"] < 60
    assert power["grid_w"] == 999_999
    assert power["quality"] == "measured"
    assert {c["circuit_id"]: c["power_w"] for c in power["circuits"]} == {
        "fleet": 7000,
        "v2g-bay": 7000,
    }
    assert power["mode"] is None
    assert power["import_bound_w"] > 0


async def test_history_averages_per_step(viewer: httpx.AsyncClient) -> None:
    query = {"from": "2026-06-01T11:58:00Z", "to": "2026-06-01T12:00:00Z", "step_s": 60}
    history = (await viewer.get("/sites/ev36zero/power/history", params=query)).json()
    assert history["at"] == ["2026-06-01T11:58:00Z", "2026-06-01T11:59:00Z"]
    assert history["reading_count"] == [60, 60]
    assert history["grid_w"] == [pytest.approx(1e6 - 90.5), pytest.approx(1e6 - 30.5)]


@pytest.mark.parametrize(
    "series", ["/sites/ev36zero/power/history", "/stations/ev36-v2g-01/readings"]
)
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"to": "0001-01-01T00:00:00Z"}, "to"),
        ({"from": "9999-12-31T23:59:59-14:00"}, "from"),
        ({"from": "2026-06-02T00:00:00Z"}, "from"),
        ({"from": "2026-06-01T00:00:00"}, "from"),
    ],
)
async def test_a_span_that_is_none_is_refused_with_the_field(
    viewer: httpx.AsyncClient, problem: Problem, series: str, query: dict[str, str], field: str
) -> None:
    refused = problem(await viewer.get(series, params=query), 422)
    assert [error["field"] for error in refused["errors"]] == [field]


async def test_a_history_that_would_be_endless_is_refused_with_the_field(
    viewer: httpx.AsyncClient, problem: Problem
) -> None:
    query = {"from": "2020-06-01T00:00:00Z", "to": "2026-06-01T12:00:00Z", "step_s": 1}
    answer = await viewer.get("/sites/ev36zero/power/history", params=query)
    assert [e["field"] for e in problem(answer, 422)["errors"]] == ["step_s"]


async def test_unknown_sites_are_not_found(viewer: httpx.AsyncClient, problem: Problem) -> None:
    for path in ("", "/power", "/power/history", "/plan", "/alarms", "/signals"):
        body = problem(await viewer.get(f"/sites/nowhere{path}"), 404)
        assert "nowhere" in str(body["detail"])
