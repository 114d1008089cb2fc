"""Say who may sign in to the panel: `sameday user add`."""

import sys
from contextlib import closing
from pathlib import Path

import click

from models.agency import Agency, Role
from models.db.logins import save_login
from models.errors import ConfigurationError
from models.ids import Address
from sameday.commands.options import takes_config
from sameday.service import Parts
from sameday.settings import load_settings
from web.passwords import hash_password


@click.group()
def user() -> None:
    """Manage who may sign in to the panel."""


@user.command("add")
@click.argument("email")
@click.option("--name", default="", help="Name to show; taken from [[people]] when absent.")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    help="May be given several times; taken from [[people]] when absent.",
)
@click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, not by asking."
)
@takes_config
def add(
    *, email: str, name: str, roles: tuple[str, ...], password_stdin: bool, config: Path
) -> None:
    """Let EMAIL sign in, or give it a new password and roles, which ends its sessions."""
    settings = load_settings(config)
    address = Address(email.strip().lower())
    person = settings.agency.person_at(address)
    granted = frozenset(map(Role, roles)) or (person.roles if person else frozenset())
    if not granted:
        message = f"{address} is nobody of [[people]] with roles. Give at least one with --role."
        raise ConfigurationError(message)
    password_hash = hash_password(_ask_password(from_stdin=password_stdin))
    with closing(Parts(settings)) as parts, parts.store.write() as db:
        save_login(
            db,
            email=address,
            name=name or _name_of(address, settings.agency),
            password_hash=password_hash,
            roles=granted,
            now=parts.clock(),
        )
    click.echo(f"{address} may sign in as {', '.join(sorted(granted))}.")


def _name_of(address: Address, agency: Agency) -> str:
    person = agency.person_at(address)
    return person.name if person else address.partition("@")[0]


def _ask_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    return password
