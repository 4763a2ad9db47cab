"""A look that cannot be taken is a finding, never a traceback."""

import json
import os
from pathlib import Path

import pytest

from csms.store.engine import make_engine
from tests.engines import Databases
from v2ghub.findings import Patient, examine
from v2ghub.settings import LocalSettings
from v2ghub.state import hub_lock


@pytest.fixture
def empty_url(databases: Databases) -> str:
    return databases.empty()


@pytest.mark.integration
async def test_a_database_with_tables_of_somebody_else(
    tmp_path: Path, empty_url: str, redis_url: str
) -> None:
    engine = make_engine(empty_url)
    async with engine.begin() as conn:
        await conn.exec_driver_sql("CREATE SCHEMA csms")
        await conn.exec_driver_sql("CREATE TABLE csms.alembic_version (other int)")
    await engine.dispose()
    settings = LocalSettings(state_dir=tmp_path, database_url=empty_url, redis_url=redis_url)
    findings = await examine(Patient(settings))
    (database,) = [one for one in findings if one.subject == "database"]
    assert database.advice
    assert "could not be looked at" in database.text


async def test_a_list_of_processes_that_somebody_has_changed(tmp_path: Path) -> None:
    (tmp_path / "processes.json").write_text(json.dumps({"pid": os.getpid(), "processes": [{}]}))
    with hub_lock(tmp_path):
        settings = LocalSettings(
            state_dir=tmp_path,
            database_url="postgresql://hub@127.0.0.1:1/hub",
            redis_url="redis://127.0.0.1:1",
        )
        findings = await examine(Patient(settings))
    assert "KeyError" in {one.subject: one.text for one in findings}["processes"]
