"""The command as people type it: what it refuses, it refuses in a sentence, with exit code 2."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from v2ghub.settings import PACKAGED_SITES
from v2ghub.state import hub_lock

pytestmark = pytest.mark.integration


def v2ghub(
    state_dir: Path, *words: str, given: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("V2GHUB_")}
    return subprocess.run(
        [sys.executable, "-m", "v2ghub", *words],
        env={**kept, "V2GHUB_STATE_DIR": str(state_dir), **variables},
        input=given, capture_output=True, text=True, timeout=90, check=False,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a refusal."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr


def test_an_occupied_port_names_its_variable(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = refused(v2ghub(tmp_path, "up", V2GHUB_WEB_PORT=port, V2GHUB_OCPP_PORT="1025"))
    assert f"port {port} for the console is taken by" in told
    assert f"pid {os.getpid()}" in told
    assert "V2GHUB_WEB_PORT" in told
    assert not (tmp_path / "postgres").exists(), "nothing was started"


def test_a_bad_site_file_is_told_whole(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    text = (PACKAGED_SITES / "depot.toml").read_text()
    bad.write_text(
        text.replace("latitude_deg", "lattitude_deg").replace("floor_w = 1400", "floor_w = 99000")
    )
    told = refused(v2ghub(tmp_path / "state", "up", "--site", str(bad)))
    assert "lattitude_deg" in told
    assert "latitude_deg` is missing" in told
    worse = tmp_path / "worse.toml"
    worse.write_text(text.replace("floor_w = 1400", "floor_w = 99000"))
    assert "bad.toml" in refused(v2ghub(tmp_path / "state", "site", "load", str(bad)))
    assert "worse.toml: " in refused(v2ghub(tmp_path / "state", "demo", "--site", str(worse)))


def test_a_second_hub_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with hub_lock(tmp_path):
        told = refused(v2ghub(tmp_path, "up"))
    assert f"another hub (pid {os.getpid()}) already runs" in told


def test_a_database_that_is_away_is_told_without_its_password(tmp_path: Path) -> None:
    url = "postgresql://hub:secret@127.0.0.1:1/hub"
    for words in (["user", "add", "bob", "--generate"], ["db", "upgrade"]):
        told = refused(v2ghub(tmp_path, *words, V2GHUB_DATABASE_URL=url))
        assert "PostgreSQL at postgresql://hub@127.0.0.1:1/hub cannot be used" in told
        assert "secret" not in told


def test_a_variable_that_is_no_number_is_named(tmp_path: Path) -> None:
    assert "V2GHUB_WEB_PORT: " in refused(v2ghub(tmp_path, "doctor", V2GHUB_WEB_PORT="http"))


def test_a_refusal_is_one_object_with_json(tmp_path: Path) -> None:
    done = v2ghub(tmp_path, "up", "--site", "/no/such.toml", "--json")
    refused(done)
    assert "/no/such.toml" in json.loads(done.stdout)["error"]


def test_accounts_and_stations_are_made_while_no_hub_runs(tmp_path: Path) -> None:
    words = ["user", "add", "ann", "--role", "operator", "--password-stdin", "--json"]
    made = v2ghub(tmp_path, *words, given="correct horse battery\n")
    assert json.loads(made.stdout) == {"username": "ann", "role": "operator"}
    assert "there is a user 'ann'" in refused(v2ghub(tmp_path, "user", "add", "ann", "--generate"))

    token = json.loads(
        v2ghub(tmp_path, "token", "create", "grid", "--scope", "signals", "--json").stdout
    )
    assert token["scopes"] == ["signals"]
    assert len(token["token"]) > 40
    assert "either" in refused(v2ghub(tmp_path, "token", "create", "both"))

    assert json.loads(v2ghub(tmp_path, "site", "load", "depot", "--json").stdout) == {
        "site_id": "depot", "evse_count": 12,
    }  # fmt: skip
    station = json.loads(
        v2ghub(tmp_path, "station", "add", "X-1", "--site", "depot", "--json").stdout
    )
    assert 16 <= len(station["password"]) <= 40
    listed = tmp_path / "list.csv"
    listed.write_text("station_id,site_id,circuit_id\nX-2,depot,yard\nX-1,depot,yard\nX-3,,\n")
    assert "X-1 exists already" in refused(v2ghub(tmp_path, "station", "import", str(listed)))
    listed.write_text("station_id,site_id,circuit_id\nX-2,depot,yard\nX-3,,\n")
    imported = json.loads(v2ghub(tmp_path, "station", "import", str(listed), "--json").stdout)
    assert [(one["station_id"], one["site_id"]) for one in imported["stations"]] == [
        ("X-2", "depot"),
        ("X-3", "depot"),
    ], "the only site there is takes those that name none"


def test_a_station_that_breaks_the_sites_rules_is_not_added(tmp_path: Path) -> None:
    v2ghub(tmp_path, "site", "load", "depot")
    many = tmp_path / "many.csv"
    rows = "".join(f"Y-{number},depot,yard\n" for number in range(200))
    many.write_text("station_id,site_id,circuit_id\n" + rows)
    told = refused(v2ghub(tmp_path, "station", "import", str(many)))
    assert "nothing was added" in told
    added = v2ghub(tmp_path, "station", "add", "Y-0", "--json")
    assert added.returncode == 0, "the refused import left nothing behind"


def test_doctor_on_a_folder_where_nothing_runs(tmp_path: Path) -> None:
    done = v2ghub(tmp_path, "doctor", "--json", V2GHUB_OCPP_PORT="1025", V2GHUB_WEB_PORT="1026")
    told = json.loads(done.stdout)
    assert done.returncode == 0
    assert told["ok"]
    assert "the hub is not running" in json.dumps(told)


def test_doctor_finds_what_is_wrong_and_says_what_to_do(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = v2ghub(
            tmp_path, "doctor", "--json", V2GHUB_OCPP_PORT=port,
            V2GHUB_DATABASE_URL="postgresql://hub@127.0.0.1:1/hub", V2GHUB_REDIS_URL="redis://127.0.0.1:1",
        )  # fmt: skip
    wrong = {
        one["subject"]: one["advice"]
        for one in json.loads(done.stdout)["findings"]
        if not one["ok"]
    }
    assert done.returncode == 1
    assert wrong.keys() == {"port", "PostgreSQL", "Valkey"}
    assert all(wrong.values())
