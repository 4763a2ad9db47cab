"""`v2ghub db upgrade`."""

import typer

from v2ghub.output import AsJson, answer

app = typer.Typer(no_args_is_help=True)


@app.callback()
def database() -> None:
    """The database."""


@app.command()
def upgrade(as_json: AsJson = False) -> None:
    """Bring the database's schemas up to date."""
    from v2ghub.books import database_url
    from v2ghub.bootstrap import migrate

    with database_url() as url:
        migrate(url)
    answer(as_json, {"upgraded": True}, "The database is up to date.")
