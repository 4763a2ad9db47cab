"""The morning peak of the fleet's feeder, and the console in a real browser meanwhile.

One hub serves both: the site runs while a person looks at it.
"""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.hub import Hub, until
from tests.e2e.judge import SITE, at, carried_w, over_circuits, over_connection

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def demo_arguments() -> list[str]:
    return ["--start", "2026-03-24T09:30"]


def chromium() -> str | None:
    """The system's browser; None lets Playwright use the one that it installed."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=chromium(), args=quiet)
        yield one
        one.close()


@pytest.fixture
def page(browser: Browser, hub: Hub) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="en-GB")
    requests: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: requests.append(request.url))
    page.goto(hub.facts["console_url"])
    yield page
    outside = [url for url in requests if not url.startswith((hub.facts["console_url"], "data:"))]
    context.close()
    assert not outside, "the console must not ask anyone but the hub"


def log_in(page: Page, hub: Hub) -> None:
    page.get_by_test_id("login-username").fill(hub.facts["username"])
    page.get_by_test_id("login-password").fill(hub.facts["password"])
    page.get_by_test_id("login-submit").click()
    expect(page.get_by_test_id("live-pill")).to_be_visible(timeout=15_000)


def test_a_wrong_password_is_refused_in_words(page: Page, hub: Hub) -> None:
    page.get_by_test_id("login-username").fill(hub.facts["username"])
    page.get_by_test_id("login-password").fill("not the password")
    page.get_by_test_id("login-submit").click()

    expect(page.get_by_role("alert")).to_contain_text(re.compile("password", re.IGNORECASE))


def test_an_operator_logs_in_and_sees_values_change(page: Page, hub: Hub) -> None:
    log_in(page, hub)

    for live in ("site-clock", "power-flow-grid"):
        shown = page.get_by_test_id(live)
        before = shown.text_content() or ""
        expect(shown).not_to_have_text(before, timeout=20_000)


def planned_for(hub: Hub) -> Iterator[dict[str, Any]]:
    planned = hub.planned()
    return (e for e in hub.every("/evses", site_id=hub.site) if e["transaction_id"] in planned)


def test_an_operator_opens_a_charger_and_reads_why(page: Page, hub: Hub) -> None:
    log_in(page, hub)
    busy = until(lambda: next(planned_for(hub), None), 60, "a vehicle that is planned for")
    page.get_by_test_id("nav-chargers").click()
    page.get_by_test_id(f"charger-row-{busy['station_id']}").click()

    detail = page.get_by_test_id("charger-detail")
    expect(detail).to_contain_text(busy["station_id"])
    expect(detail.get_by_test_id("why-sentence")).not_to_be_empty()


def test_the_console_speaks_chinese_in_the_dark(page: Page, hub: Hub, tmp_path: Path) -> None:
    log_in(page, hub)
    page.get_by_test_id("language-toggle").click()
    chinese = page.get_by_role("menuitem", name="简体中文").or_(
        page.get_by_text("简体中文", exact=True)
    )
    if chinese.first.is_visible():
        chinese.first.click()
    page.get_by_test_id("theme-toggle").click()

    expect(page.get_by_test_id("nav-chargers")).to_contain_text(re.compile("[\u4e00-\u9fff]"))
    folder = Path(os.environ.get("V2GHUB_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / "console-zh-dark.png")


def test_the_feeder_binds_and_holds_while_everyone_wants_to_charge(hub: Hub) -> None:
    hub.wait_until(at("10:30"))
    floor_w = SITE["control"]["floor_w"]
    used_w = [w for (_, circuit), w in carried_w(hub, floor_w).items() if circuit == "fleet"]

    assert over_connection(hub) == []
    assert over_circuits(hub) == []
    assert max(used_w) > 0.9 * 180_000, "it is used, but for the floors of those that may come"
    assert hub.records("incidents") == []
