"""`v2ghub user add` and `v2ghub token create`."""

import secrets
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from v2ghub.errors import HubError
from v2ghub.output import AsJson, answer
from web.roles import Role, Scope

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

users = typer.Typer(no_args_is_help=True)
tokens = typer.Typer(no_args_is_help=True)


@users.callback()
def _users() -> None:
    """People who may log in."""


@tokens.callback()
def _tokens() -> None:
    """Programs that may call the API."""


@users.command("add")
def add_user(
    name: str,
    role: Annotated[Role, typer.Option(help="What the user may do.")] = Role.VIEWER,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from stdin.")] = False,
    generate: Annotated[bool, typer.Option(help="Make a password and show it once.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add a user."""
    from v2ghub.books import work
    from web.store import accounts

    password = _password(password_stdin, generate)

    async def add(conn: "AsyncConnection", _pepper: str) -> None:
        try:
            await accounts.create_user(conn, name, password, role)
        except accounts.AccountRefused as refused:
            raise HubError(str(refused)) from refused

    work(add)
    shown = {"password": password} if generate else {}
    words = f"{name} may log in as {role}." + (f" Password: {password}" if generate else "")
    answer(as_json, {"username": name, "role": role, **shown}, words)


@tokens.command("create")
def create_token(
    name: str,
    role: Annotated[Role | None, typer.Option(help="What the program may do.")] = None,
    scope: Annotated[
        list[Scope] | None, typer.Option(help="The only thing it may do, instead of a role.")
    ] = None,
    site: Annotated[
        list[str] | None, typer.Option(help="The only site it is good for; give several, or none.")
    ] = None,
    vehicle: Annotated[
        list[str] | None, typer.Option(help="Whose driver it speaks for, with --scope driver.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make an API token and show it once."""
    from v2ghub.books import work
    from web.store import accounts

    if (role is None) == (not scope):
        raise HubError("give the token either a --role or a --scope")

    async def create(conn: "AsyncConnection", pepper: str) -> str:
        try:
            return await accounts.create_token(
                conn, pepper, name, role or Role.VIEWER, scope or (), site or (), vehicle or ()
            )
        except accounts.AccountRefused as refused:
            raise HubError(str(refused)) from refused

    token = work(create)
    facts = {
        "name": name, "role": role, "scopes": scope or [], "sites": site or [],
        "vehicles": vehicle or [], "token": token,
    }  # fmt: skip
    answer(as_json, facts, f"{token}\nIt is shown this once; keep it safe.")


def _password(from_stdin: bool, generate: bool) -> str:
    if from_stdin == generate:
        raise HubError("say where the password comes from: --password-stdin or --generate")
    return secrets.token_urlsafe(15) if generate else sys.stdin.readline().rstrip("\r\n")
