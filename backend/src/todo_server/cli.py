"""The command line: serve, dispatch, migrate, rotate-keys, upkeep, openapi, version."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import click
from pydantic import SecretStr

from todo_server import __version__, logs, serving, signals
from todo_server.app import create_app, dispatcher_of, retention_of
from todo_server.config import Settings, read_settings
from todo_server.database import Database, explain
from todo_server.domain.duration import parse_duration
from todo_server.errors import (
    DatabaseRefusesError,
    NotReadyError,
    TodoServerError,
    UnavailableError,
)
from todo_server.services import signing_keys
from todo_server.services.upkeep import count_due
from todo_server.workers.dispatcher import CONNECTIONS
from todo_server.workers.upkeep import Done, look_after_all

log = logging.getLogger("todo_server.cli")

PROGRESS_AFTER, PROGRESS_EVERY = 2.0, 5.0
"""Seconds."""


class _Commands(click.Group):
    """Show expected errors as a sentence, not as a traceback, and end in good order."""

    def invoke(self, context: click.Context) -> object:
        try:
            with signals.unwinding():
                return super().invoke(context)
        except TodoServerError as error:
            raise click.ClickException(logs.escaped(explain(error))) from error


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s", help="Print the version.")
def main() -> None:
    """Run the backend of a multi-user to-do application.

    Settings come from the environment and from `.env` in the working directory; with none at
    all, `todo-server serve` runs with its own PostgreSQL in ./data. docs/configuration.md lists
    them.
    """


@main.command()
@click.option("--host", help="Listen on this address (HOST, default 127.0.0.1).")
@click.option("--port", type=int, help="Listen on this port (PORT, default 8000).")
@click.option("--workers", type=int, help="Run this many processes (WORKERS, default 1).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Run the server until SIGTERM or Ctrl-C; requests in flight are finished."""
    for name, value in (("HOST", host), ("PORT", port), ("WORKERS", workers)):
        if value is not None:
            os.environ[name] = str(value)
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    listeners = serving.bind(settings)
    with _database(settings) as url:
        # Workers are processes of their own and read the environment again.
        os.environ["DATABASE_URL"] = url
        _check(url, migrate=settings.database_url is None)
        serving.run(settings, listeners)


@main.command()
def dispatch() -> None:
    """Run what is due, as reminders, until SIGTERM or Ctrl-C. The server does so as well."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    with _database(settings) as url:
        _check(url, migrate=settings.database_url is None, meanwhile="Trying again and again")
        asyncio.run(_dispatch(url, settings))


@main.command()
def migrate() -> None:
    """Bring the database to this version's schema. Safe to run twice, and at the same time."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    with _database(settings) as url:
        _upgrade(url)
    click.echo("The database is up to date.")


@main.command("rotate-keys")
def rotate_keys() -> None:
    """Sign access tokens with a new key from now on; tokens that are out stay good."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    with _database(settings) as url:
        lifetime = parse_duration(settings.access_token_lifetime)
        key_id = asyncio.run(_rotate(url, signing_keys.kept_for(lifetime)))
    click.echo(f"New tokens are signed with the key {key_id} within a minute.")


@main.command()
def upkeep() -> None:
    """Purge what is old of everybody who is due, once. The server does so while it is used."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    with _database(settings) as url:
        done = asyncio.run(_look_after_all(url, settings))
    click.echo(f"{_in_words(done)}.")
    if done.busy:
        raise click.ClickException(f"{done.busy} users were busy. Try again in five minutes.")


@main.command()
def openapi() -> None:
    """Print the OpenAPI document as JSON."""
    # As it is for everybody, whatever the settings are here.
    app = create_app(Settings.model_construct(database_url=SecretStr("postgresql://")))
    click.echo(json.dumps(app.openapi(), indent=2))


@main.command()
def version() -> None:
    """Print the version."""
    click.echo(__version__)


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Give the URL to use; starts the embedded PostgreSQL where none is set."""
    if settings.database_url is not None:
        yield settings.database_url.get_secret_value()
        return
    from todo_server.embedded_postgres import embedded_postgres  # noqa: PLC0415 - see its layout

    # With one for the upkeep of each worker, and those of its dispatcher.
    each = settings.database_pool_size + 1 + CONNECTIONS
    connections = settings.workers * each + 20
    with embedded_postgres(settings.data_dir, max_connections=connections) as url:
        yield url


def _check(url: str, *, migrate: bool, meanwhile: str = "Serving 503") -> None:
    """Refuse a database that would not do; go on without one that does not answer yet."""
    try:
        asyncio.run(_prove(url))
    except NotReadyError:
        if not migrate:
            raise
        _upgrade(url)
    except DatabaseRefusesError:
        raise
    except UnavailableError as error:
        log.warning("%s %s until it can be used.", explain(error), meanwhile)


async def _prove(url: str) -> None:
    with _untold():
        async with Database(url) as database:
            await database.check()


async def _dispatch(url: str, settings: Settings) -> None:
    async with Database(url, pool_size=1) as database:
        running = asyncio.ensure_future(dispatcher_of(settings, database).run())
        for number in signals.ENDINGS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                asyncio.get_running_loop().add_signal_handler(number, running.cancel)
        log.info("dispatching what is due (Ctrl-C to stop)")
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def _rotate(url: str, kept: timedelta) -> str:
    with _untold():
        async with Database(url) as database:
            return await signing_keys.rotate(database, kept)


async def _look_after_all(url: str, settings: Settings) -> Done:
    with _untold():
        async with Database(url) as database:
            due, told_at = await count_due(database), time.monotonic() + PROGRESS_AFTER

            def tell(done: Done) -> None:
                nonlocal told_at
                if time.monotonic() >= told_at:
                    told_at = time.monotonic() + PROGRESS_EVERY
                    click.echo(f"{_in_words(done)}; {due} were due …", err=True)

            return await look_after_all(database, retention_of(settings), tell=tell)


def _in_words(done: Done) -> str:
    deleted = done.deleted
    counts = (
        f"{deleted.purged} rows of the trash, {deleted.changes} changes and {deleted.keys} keys"
    )
    return f"Looked after {done.users} users: purged {counts}"


@contextlib.contextmanager
def _untold() -> Iterator[None]:
    """Leave to the command what is wrong with a database: it says so in a sentence, or mends it."""
    incidents = logging.getLogger("todo_server.database")
    incidents.disabled = True
    try:
        yield
    finally:
        incidents.disabled = False


def _upgrade(url: str) -> None:
    from todo_server.migrations import command  # noqa: PLC0415 - 10 MiB that serving needs not

    command.upgrade(url)


if __name__ == "__main__":
    sys.exit(main())
