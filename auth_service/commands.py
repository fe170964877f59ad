"""What an operator does by `flask --app auth_service.wsgi`."""

from collections.abc import Callable, Iterable

import click
from flask import Flask

from auth_service.administration import UnknownAccount, administration
from auth_service.signing_keys import RotationUnderWay
from auth_service.tokens import signing_keys
from common.scopes import Scope, scope_claim

ScopeChange = Callable[[str, Iterable[Scope]], frozenset[Scope]]
SCOPES = click.argument(
    # As text: of an enumeration click reads the names of its members.
    "scopes",
    nargs=-1,
    required=True,
    type=click.Choice([str(scope) for scope in Scope]),
    metavar="SCOPE...",
)


def register_commands(app: Flask) -> None:
    """Add the service's commands to an app."""

    @app.cli.command("rotate")
    @click.option("--now", is_flag=True, help="Sign with it at once, as after a leak.")
    def rotate(*, now: bool) -> None:
        """Make a new signing key; tokens signed by the old one stay valid until they expire."""
        try:
            kid = signing_keys().rotate(at_once=now)
        except RotationUnderWay:
            raise click.ClickException("A new key waits already for its turn to sign.") from None
        click.echo(f"The new signing key is {kid}.")

    @app.cli.command("grant")
    @click.argument("username")
    @SCOPES
    def grant(username: str, scopes: tuple[str, ...]) -> None:
        """Allow an account more, as the first administrator: grant USERNAME users:admin."""
        _change(username, administration().grant, scopes)

    @app.cli.command("revoke")
    @click.argument("username")
    @SCOPES
    def revoke(username: str, scopes: tuple[str, ...]) -> None:
        """Take from an account what it is allowed; its access tokens end."""
        _change(username, administration().revoke, scopes)


def _change(username: str, change: ScopeChange, scopes: tuple[str, ...]) -> None:
    try:
        left = change(username, [Scope(name) for name in scopes])
    except UnknownAccount:
        raise click.ClickException("There is no account of that name.") from None
    click.echo(f"{username} has now: {scope_claim(left) or 'no scope'}.")
