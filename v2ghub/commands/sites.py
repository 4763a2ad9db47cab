"""`v2ghub site load`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from v2ghub.output import AsJson, answer

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

app = typer.Typer(no_args_is_help=True)


@app.callback()
def _sites() -> None:
    """Sites."""


@app.command("load")
def load(
    file: Annotated[Path, typer.Argument(help="A site file, or `ev36zero` or `depot`.")],
    as_json: AsJson = False,
) -> None:
    """Store a site, over an older one of the same id, and have it planned."""
    from v2ghub.books import on_engine
    from v2ghub.settings import read_settings, site_file
    from v2ghub.siteclock import site_now
    from v2ghub.sitefiles import read_sites, store

    (one,) = read_sites([site_file(file)])
    now = site_now(read_settings().state_dir)

    async def load(engine: "AsyncEngine", _pepper: str) -> None:
        await store(engine, one.site, now)

    on_engine(load)
    evses = sum(1 for _ in one.site.evses())
    facts = {"site_id": one.site.site_id, "evse_count": evses}
    answer(as_json, facts, f"The site {one.site.site_id} with {evses} EVSEs is loaded.")
