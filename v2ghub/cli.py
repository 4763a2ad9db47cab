"""The command `v2ghub`. Here the commands are put together; each group lives in `commands/`.

Exit codes: 0 done, 1 `doctor` found something wrong, 2 the command could not do what was asked.
"""

import json
import sys

import typer

from v2ghub.commands import (
    accounts,
    database,
    doctor,
    hub,
    rehearse,
    simulate,
    sites,
    stations,
)
from v2ghub.errors import HubError
from v2ghub.output import err, escaped
from v2ghub.state import told

app = typer.Typer(
    help="V2G Hub: the chargers, vehicles, batteries and renewables of a site as one power plant.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("up")(hub.up)
app.command("demo")(hub.demo)
app.command("simulate")(simulate.simulate)
app.command("rehearse")(rehearse.rehearse)
app.command("doctor")(doctor.doctor)
app.add_typer(database.app, name="db", help="The database.")
app.add_typer(sites.app, name="site", help="Sites.")
app.add_typer(accounts.users, name="user", help="People who may log in.")
app.add_typer(accounts.tokens, name="token", help="Programs that may call the API.")
app.add_typer(stations.app, name="station", help="Charging stations and their passwords.")


def main() -> None:
    """Run the command; a `HubError` becomes a sentence and exit code 2, without a traceback."""
    try:
        app()
    except HubError as error:
        _refuse(str(error))
    except OSError as error:
        if error.filename is None:
            raise
        _refuse(told(error, error.filename))


def _refuse(sentence: str) -> None:
    if "--json" in sys.argv:
        typer.echo(json.dumps({"error": sentence}))
    err.print(f"[bold red]v2ghub:[/bold red] {escaped(sentence)}")
    sys.exit(2)
