"""Enrolling charging stations: a password each, and a place on a site: the one that is named, or
the only one there is, as far as its limits have room for one floor more.

Everything is checked before anything is written, and one transaction writes it all.
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from csms.store import credentials, outbox
from scheduler.domain.lines import Lines
from scheduler.domain.site import EvseSpec, Phases, Power, Site, Voltage
from scheduler.domain.site_rules import problems_of, standing
from scheduler.services.load_site import SITE_LOADED
from scheduler.store import sites
from v2ghub.errors import HubError


class Enrolment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One station as asked for: a row of a CSV file, or one command line."""

    station_id: str
    site_id: str | None = None
    circuit_id: str | None = None
    max_charge_w: Power = 11_040.0
    max_discharge_w: Power = 0.0
    min_charge_w: Power = 1_380.0
    phases: Phases = 3
    lines: Lines | None = None
    voltage_v: Voltage = 230.0
    step_w: Power = 0.0


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A station, its password, to be shown once, and the site that plans for it, if any."""

    station_id: str
    password: str
    site_id: str | None


def read_csv(path: Path) -> list[Enrolment]:
    """The rows of a CSV file with a header. Raise: `HubError` naming every bad line."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            _require_header(path, reader.fieldnames)
            return list(_rows(path, reader))
    except OSError as error:
        raise HubError(f"{path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise HubError(f"{path} is not a CSV file in UTF-8: {error}") from error


async def enrol(
    conn: AsyncConnection, pepper: str, asked: Sequence[Enrolment], now: datetime
) -> list[Enrolled]:
    """Enrol all of `asked`, or none. Raise: `HubError` with every problem."""
    problems: list[str] = []
    passwords: dict[str, str] = {}
    for one in asked:
        try:
            password = await credentials.add(conn, pepper, one.station_id)
        except ValueError as error:
            problems.append(str(error))
            continue
        if password is None:
            problems.append(f"{one.station_id} exists already")
        else:
            passwords[one.station_id] = password
    only_id = await _only_site(conn)
    placed = {one.station_id: one.site_id for one in asked}
    for site_id in dict.fromkeys(one.site_id for one in asked):
        joining = [one for one in asked if one.site_id == site_id]
        if site_id is not None:
            problems += await _join(conn, site_id, joining, now)
        elif only_id is not None and not await _join(conn, only_id, joining, now):
            placed |= {one.station_id: only_id for one in joining}
    if problems:
        raise HubError("\n".join(["nothing was added:", *problems]))
    return [Enrolled(name, password, placed[name]) for name, password in passwords.items()]


async def _only_site(conn: AsyncConnection) -> str | None:
    known = await sites.load_all(conn)
    return known[0].site_id if len(known) == 1 else None


async def _join(
    conn: AsyncConnection, site_id: str, joining: Sequence[Enrolment], now: datetime
) -> list[str]:
    site = await sites.load(conn, site_id)
    if site is None:
        known = ", ".join(one.site_id for one in await sites.load_all(conn)) or "none yet"
        return [f"there is no site {site_id}; known: {known}"]
    problems = [f"{one.station_id}: {bad}" for one in joining if (bad := _place(site, one)[1])]
    if problems:
        return problems
    specs = [_spec(one, _place(site, one)[0]) for one in joining]
    problems += problems_of(standing(site, [*await sites.evse_specs(conn, site_id), *specs]))
    if not problems:
        await sites.assign(conn, site_id, specs)
        await outbox.append(conn, SITE_LOADED, now, {}, site_id=site_id)
    return problems


def _place(site: Site, one: Enrolment) -> tuple[str, str | None]:
    """The circuit it hangs on, and what is wrong with that."""
    circuits = [circuit.circuit_id for circuit in site.circuits]
    roots = [circuit.circuit_id for circuit in site.circuits if circuit.parent_id is None]
    if one.circuit_id is None and len(roots) == 1:
        return roots[0], None
    if one.circuit_id in circuits:
        return one.circuit_id, None
    return "", f"name one of the circuits of {site.site_id}: {', '.join(circuits)}"


def _spec(one: Enrolment, circuit_id: str) -> EvseSpec:
    return EvseSpec(
        station_id=one.station_id,
        evse_id=1,
        circuit_id=circuit_id,
        max_charge_w=one.max_charge_w,
        max_discharge_w=one.max_discharge_w,
        min_charge_w=one.min_charge_w,
        phases=one.lines.count("L") if one.lines else one.phases,
        lines=one.lines,
        voltage_v=one.voltage_v,
        step_w=one.step_w,
    )


def _require_header(path: Path, header: Sequence[str] | None) -> None:
    known = Enrolment.__struct_fields__
    unknown = [name for name in header or () if name not in known]
    if unknown or "station_id" not in (header or ()):
        told = f"; unknown: {', '.join(unknown)}" if unknown else ""
        raise HubError(
            f"{path}: the first line must name columns of {', '.join(known)}, "
            f"station_id among them{told}"
        )


def _rows(path: Path, reader: "csv.DictReader[str]") -> Iterator[Enrolment]:
    problems = []
    for row in reader:
        try:
            if None in row:
                raise msgspec.ValidationError("more values than the first line has columns")  # noqa: TRY301
            given = {name: text.strip() for name, text in row.items() if text}
            yield msgspec.convert(given, Enrolment, strict=False)
        except msgspec.ValidationError as error:
            problems.append(f"{path}, line {reader.line_num}: {error}")
    if problems:
        raise HubError("\n".join(problems))
