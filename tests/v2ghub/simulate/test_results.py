"""The whole way of `v2ghub simulate`: files that stand alone, and refusals in words."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from v2ghub.cli import app
from v2ghub.errors import HubError

WANTED = ["--scenario", "immediate", "--scenario", "edf"]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "new"
    command = ["simulate", "depot", "--days", "2", "--from", "2026-03-24", "--step", "900"]
    done = CliRunner().invoke(app, [*command, *WANTED, "--out", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == json.loads((folder / "figures.json").read_text())
    return folder


def test_each_scenario_leaves_its_tables(out: Path) -> None:
    tables = {
        f"{what}-{name}.parquet" for what in ("site", "stays") for name in ("immediate", "edf")
    }
    assert {path.name for path in out.iterdir()} == tables | {"figures.json", "report.html"}
    told = json.loads((out / "figures.json").read_text())
    assert told["immediate"]["stays"] == told["edf"]["stays"] >= 20
    assert told["edf"]["fleet_wh"] > 200_000


def test_the_report_needs_nothing_from_elsewhere_and_closes_what_it_opens(out: Path) -> None:
    page = (out / "report.html").read_text()
    assert not re.search(r"(src|href)=|@import|url\(", page)
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == 5  # average day, cost, site, vehicles, and the yard
    assert not re.search(r"\bnan\b|\binf\b|\$\w+", page)
    balance = Balance()
    balance.feed(page)
    assert balance.open == []


class Balance(HTMLParser):
    """Every element that is opened is closed in its turn."""

    open: list[str]

    def reset(self) -> None:
        super().reset()
        self.open = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in {"meta", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("step", ["7", "0", "86400"])
def test_a_step_that_divides_no_slot_is_refused(tmp_path: Path, step: str) -> None:
    command = ["simulate", "depot", "--step", step, "--out", str(tmp_path)]
    done = CliRunner().invoke(app, command)
    assert isinstance(done.exception, HubError)
    assert list(tmp_path.iterdir()) == []
