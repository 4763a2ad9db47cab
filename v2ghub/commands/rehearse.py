"""`v2ghub rehearse`: the hub under faults in virtual time; the same seed gives the same course."""

import json
import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from v2ghub.errors import HubError
from v2ghub.output import AsJson

ONE_ORDER = "PYTHONHASHSEED"  # sets of words have one order, in whatever process


def rehearse(
    seed: Annotated[int, typer.Option(min=0, help="Decides the whole course.")] = 1,
    stations: Annotated[int, typer.Option(min=2, max=1000)] = 12,
    hours: Annotated[float, typer.Option(min=0.05, help="Simulated hours.")] = 4.0,
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%dT%H:%M"], help="When it begins, UTC.")
    ] = datetime(2026, 3, 24, 8),  # noqa: DTZ001 - made UTC below
    rate: Annotated[
        list[str] | None, typer.Option(help="`fault=per_hour`; may be repeated; 0: never.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Break the hub at random for simulated hours, and judge it by plant, vehicles and meters.

    Exit code 1: an invariant did not hold; the command that replays it is printed.
    """
    from v2ghub.rehearse.nemesis import barrages
    from v2ghub.rehearse.options import RATES_PER_HOUR, Options

    if os.environ.get(ONE_ORDER) != "0":
        os.execve(sys.executable, [sys.executable, "-m", "v2ghub", *sys.argv[1:]],
                  {**os.environ, ONE_ORDER: "0"})  # fmt: skip
    rates = dict(RATES_PER_HOUR)
    for told in rate or ():
        name, _, per_hour = told.partition("=")
        if name not in rates:
            raise HubError(f"--rate {told}: there is no fault {name!r}; there are {sorted(rates)}")
        try:
            rates[name] = float(per_hour)
        except ValueError:
            raise HubError(f"--rate {told}: {per_hour!r} is no number") from None
    options = Options(
        seed=seed,
        stations=stations,
        hours=hours,
        first=first.replace(tzinfo=UTC),
        rates_per_hour=rates,
    )
    report = barrages(options)
    breaches = [str(breach) for breach in report.breaches]
    if as_json:
        told_all = {"options": options.expanded(), "seconds": report.seconds,
                    "digest": report.digest, **report.figures, "breaches": breaches}  # fmt: skip
        typer.echo(json.dumps(told_all))
    else:
        typer.echo(f"seed {seed}: {report.seconds} s, {report.figures['faults']} faults, "
                   f"{len(breaches)} breaches, digest {report.digest}")  # fmt: skip
        for line in breaches:
            typer.echo(f"  {line}")
    if breaches:
        if not as_json:
            typer.echo(f"options {json.dumps(options.expanded())}")
        typer.echo(f"again: {options.command}", err=as_json)
        raise typer.Exit(1)
