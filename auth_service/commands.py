"""What an operator does by `flask --app auth_service.wsgi`."""

import click
from flask import Flask

from auth_service.signing_keys import RotationUnderWay
from auth_service.tokens import signing_keys


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
