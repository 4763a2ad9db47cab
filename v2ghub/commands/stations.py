"""`v2ghub station add` and `v2ghub station import`: passwords are shown once."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from v2ghub.output import AsJson, answer, table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from v2ghub.enrolment import Enrolled, Enrolment

app = typer.Typer(no_args_is_help=True)

Watts = Annotated[float | None, typer.Option(min=0, help="W, of its one EVSE.")]


@app.callback()
def _stations() -> None:
    """Charging stations and their passwords."""


@app.command("add")
def add(
    station_id: str,
    site: Annotated[str | None, typer.Option(help="Where it stands.")] = None,
    circuit: Annotated[str | None, typer.Option(help="The feeder it hangs on.")] = None,
    max_charge_w: Watts = None,
    max_discharge_w: Watts = None,
    as_json: AsJson = False,
) -> None:
    """Add a station and show its password."""
    import msgspec

    from v2ghub.enrolment import Enrolment

    given = {
        "station_id": station_id,
        "site_id": site,
        "circuit_id": circuit,
        "max_charge_w": max_charge_w,
        "max_discharge_w": max_discharge_w,
    }
    known = {name: value for name, value in given.items() if value is not None}
    (station,) = _enrol([msgspec.convert(known, Enrolment)])
    where = f"to {station.site_id}" if station.site_id else "without a site: nothing plans for it"
    words = f"{station.station_id} was added {where}. Password (shown once): {station.password}"
    answer(as_json, _row(station), words)


@app.command("import")
def import_file(file: Path, as_json: AsJson = False) -> None:
    """Add every station of a CSV file, or none; its first line names the columns."""
    from v2ghub.enrolment import read_csv

    stations = _enrol(read_csv(file))
    if not as_json:
        rows = [(one.station_id, one.site_id or "–", one.password) for one in stations]
        table("Shown this once; keep it safe.", ["station", "site", "password"], rows)
        return
    answer(as_json, {"stations": [_row(one) for one in stations]}, "")


def _row(station: "Enrolled") -> dict[str, str | None]:
    return {
        "station_id": station.station_id,
        "site_id": station.site_id,
        "password": station.password,
    }


def _enrol(asked: "Sequence[Enrolment]") -> "list[Enrolled]":
    from v2ghub.books import work
    from v2ghub.enrolment import enrol
    from v2ghub.settings import read_settings
    from v2ghub.siteclock import site_now

    async def job(conn: "AsyncConnection", pepper: str) -> "list[Enrolled]":
        return await enrol(conn, pepper, asked, site_now(read_settings().state_dir))

    return work(job)
