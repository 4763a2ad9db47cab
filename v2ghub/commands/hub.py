"""`v2ghub up` and `v2ghub demo`: the whole hub until Ctrl-C."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from v2ghub.errors import HubError
from v2ghub.output import AsJson, answer, progress
from v2ghub.state import HubFile, hub_lock, make_state_dir, secret

if TYPE_CHECKING:
    from v2ghub.launch import Launch
    from v2ghub.settings import LocalSettings
    from v2ghub.simulation import Simulation
    from v2ghub.sitefiles import SiteFile

FIRST_START = datetime(2026, 3, 24, 6, 30, tzinfo=UTC)

SiteOption = Annotated[
    list[Path] | None,
    typer.Option("--site", help="A site file; may be repeated. [default: V2GHUB_SITES, ev36zero]"),
]
CsmsOption = Annotated[
    int | None,
    typer.Option(
        "--csms",
        min=1,
        max=16,
        help="How many processes serve the stations. [default: V2GHUB_CSMS_PROCESSES, 1]",
    ),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(
        "--workers",
        min=1,
        max=16,
        help="How many workers share the sites to plan. [default: V2GHUB_WORKER_PROCESSES, 1]",
    ),
]
ControllersOption = Annotated[
    int | None,
    typer.Option(
        "--controllers",
        min=1,
        max=4,
        help="How many processes of a site may lead it; one does, the others stand by. "
        "[default: V2GHUB_CONTROLLER_PROCESSES, 2]",
    ),
]


def up(
    site: SiteOption = None,
    csms: CsmsOption = None,
    workers: WorkersOption = None,
    controllers: ControllersOption = None,
    as_json: AsJson = False,
) -> None:
    """Run the platform in real time."""
    from csms.clock import wall_now
    from v2ghub import siteclock

    settings, state_dir = _state(csms, workers, controllers)
    with hub_lock(state_dir):
        stood = siteclock.stood_at(state_dir)
        if stood is not None and stood > wall_now():
            raise HubError(
                f"a demo on {state_dir} ran ahead to {stood:%Y-%m-%d}; its books cannot go back: "
                "set V2GHUB_STATE_DIR to a new folder"
            )
        sites = _checked(settings, settings.site_files(site or []))
        _run(_launch(settings, state_dir, sites, None), as_json)


def demo(
    speed: Annotated[float, typer.Option(min=0.1, max=600, help="Times faster than real.")] = 60,
    site: SiteOption = None,
    start: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
            help="Site time in UTC at which the clock starts; later starts go on from where it "
            "stood. [default: 2026-03-24T06:30]",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of weather and drivers.")] = 1,
    csms: CsmsOption = None,
    workers: WorkersOption = None,
    controllers: ControllersOption = None,
    as_json: AsJson = False,
) -> None:
    """Run the platform with a simulated site, on a clock that may run fast."""
    from v2ghub import siteclock
    from v2ghub.settings import EXAMPLE, site_file
    from v2ghub.simulation import make_simulation

    settings, state_dir = _state(csms, workers, controllers)
    with hub_lock(state_dir):
        named = settings.site_files(site or []) or [site_file(EXAMPLE)]
        sites = _checked(settings, named)
        asked = None if start is None else start.replace(tzinfo=UTC)
        simulation = make_simulation(
            state_dir, seed, sites, siteclock.resume_at(state_dir, asked, FIRST_START), speed
        )
        _run(_launch(settings, state_dir, sites, simulation), as_json)


def _state(
    csms_processes: int | None, worker_processes: int | None, controller_processes: int | None
) -> "tuple[LocalSettings, Path]":
    from v2ghub.settings import read_settings

    asked = {
        "csms_processes": csms_processes,
        "worker_processes": worker_processes,
        "controller_processes": controller_processes,
    }
    said = {name: count for name, count in asked.items() if count is not None}
    settings = read_settings().model_copy(update=said)
    return settings, make_state_dir(settings.state_dir)


def _checked(settings: "LocalSettings", files: list[Path]) -> "list[SiteFile]":
    """The site files, after everything that can be refused before anything is started."""
    from v2ghub import ports
    from v2ghub.sitefiles import read_sites

    sites = read_sites(files)
    ports.require_free(
        settings.ocpp_host, settings.ocpp_port, "charging stations (OCPP)", "V2GHUB_OCPP_PORT"
    )
    ports.require_free(settings.web_host, settings.web_port, "the console", "V2GHUB_WEB_PORT")
    return sites


def _launch(
    settings: "LocalSettings",
    state_dir: Path,
    sites: "list[SiteFile]",
    simulation: "Simulation | None",
) -> "Launch":
    from v2ghub.launch import Launch

    given = settings.secret.get_secret_value() if settings.secret else None
    return Launch(
        settings=settings,
        state_dir=state_dir,
        secret=secret(state_dir, given),
        sites=sites,
        say=progress,
        simulation=simulation,
    )


def _run(launch: "Launch", as_json: bool) -> None:
    from v2ghub.launch import run

    def announce(hub: HubFile) -> None:
        words = (
            f"\n  console   {hub['console_url']}\n"
            f"  user      {hub['username']}\n"
            f"  password  {hub['password']}\n"
            f"  stations  {hub['ocpp_url']}/<station id>\n\n"
            "  Ctrl-C stops it."
        )
        answer(as_json, hub, words)

    asyncio.run(run(launch, announce))
