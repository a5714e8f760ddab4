"""The application: wiring only."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import limits
from fastapi import FastAPI

from todo_server import logs
from todo_server.api import (
    accounts,
    bulk,
    calendars,
    changes,
    compatibility,
    exports,
    filters,
    finding,
    health,
    home,
    key_set,
    notifications,
    problems,
    projects,
    series,
    swagger,
    tags,
    tasks,
    trash,
    webhooks,
)
from todo_server.api import (
    settings as own_settings,
)
from todo_server.api.middleware.cors import CORS
from todo_server.api.middleware.limits import Limits
from todo_server.api.middleware.local_hosts import LocalHosts
from todo_server.api.middleware.request_log import RequestLog
from todo_server.api.openapi import document
from todo_server.auth import (
    Authenticate,
    KeySet,
    Passwords,
    Rules,
    Verifier,
    jwks,
    own_tokens,
    shared_secret,
    trust_the_path,
    with_bearer_token,
)
from todo_server.config import AuthMode, ListEnvelope, Settings, read_settings
from todo_server.database import Database
from todo_server.domain.duration import parse_duration
from todo_server.domain.mail import read_smtp_url
from todo_server.errors import ConfigurationError
from todo_server.services.accounts import Accounts
from todo_server.services.sessions import Sessions
from todo_server.services.sign_in_attempts import SignInAttempts
from todo_server.services.signing_keys import SigningKeys, kept_for
from todo_server.services.upkeep import Retention
from todo_server.workers import dispatcher
from todo_server.workers.deliveries import deliveries
from todo_server.workers.dispatcher import REMINDERS, Dispatcher
from todo_server.workers.mails import mails
from todo_server.workers.upkeep import UpkeepWorker

log = logging.getLogger("todo_server")

_ROUTERS = (
    bulk.router,  # before those whose patterns its path would match
    finding.router,  # as well
    tasks.router,
    series.router,
    finding.stats_router,
    trash.router,
    projects.router,
    tags.router,
    filters.router,
    own_settings.router,
    notifications.several_router,  # before it, likewise
    notifications.router,
    webhooks.router,
    changes.router,
    exports.router,
    exports.long_router,
    calendars.router,
    calendars.open_router,
    accounts.open_router,
    accounts.form_router,
    accounts.own_router,
    compatibility.router,
    compatibility.own_router,
    key_set.router,
    health.router,
    home.router,
)


def create_app(settings: Settings) -> FastAPI:
    """Wire the server; `settings.database_url` must be set."""
    if settings.database_url is None:
        raise ConfigurationError("DATABASE_URL is not set, and no embedded PostgreSQL was started.")
    database = Database(
        settings.database_url.get_secret_value(), pool_size=settings.database_pool_size
    )
    its_accounts = _accounts(settings, database) if settings.auth_mode is AuthMode.BUILTIN else None
    keys = _issuers_keys(settings) if settings.auth_mode is AuthMode.JWKS else None

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        if keys is not None:
            keys.refresh_if_due()  # so that the log says at the start what is wrong with it
        running = [
            asyncio.create_task(UpkeepWorker(database, retention_of(settings)).run()),
            asyncio.create_task(
                dispatcher_of(settings, database).run(after=dispatcher.FIRST_AFTER)
            ),
        ]
        # For answers that do not come through the application: see `http_protocol.py`.
        yield {"headers_for": CORS(app, settings.cors_origins).headers_of_refusal}
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if its_accounts is not None:
            its_accounts.passwords.close()
        await database.close()

    app = FastAPI(
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # It would record the texts of refused requests, and asks the environment at every one.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.database = database
    app.state.accounts = its_accounts
    app.state.webhook_private_addresses = settings.webhook_private_addresses
    app.state.lists_are_objects = settings.list_envelope is ListEnvelope.OBJECT
    app.state.authenticate = _authenticate(settings, its_accounts, keys)
    app.openapi = lambda: document(app)  # type: ignore[method-assign]
    for router in _ROUTERS:
        # Not include_router: it would match the path of every request twice.
        app.router.routes.extend(router.routes)
    swagger.install(app)
    problems.install(app)
    if settings.auth_mode is AuthMode.NONE and not settings.auth_none_anywhere:
        app.add_middleware(LocalHosts)
    app.add_middleware(Limits)
    app.add_middleware(CORS, origins=settings.cors_origins)
    app.add_middleware(RequestLog)
    return app


def worker_app() -> FastAPI:
    """Make the application of one worker process, from the environment."""
    settings = read_settings()
    logs.configure(settings.log_level, settings.log_format)
    return create_app(settings)


def retention_of(settings: Settings) -> Retention:
    """Give how long things are kept."""
    days = timedelta(days=1)
    return Retention(trash=settings.trash_days * days, changes=settings.changes_days * days)


def dispatcher_of(settings: Settings, database: Database) -> Dispatcher:
    """Make what runs the errands that are due."""
    errands = [REMINDERS, deliveries(private_addresses=settings.webhook_private_addresses)]
    if settings.smtp_url is not None and settings.mail_from is not None:
        server = read_smtp_url(settings.smtp_url.get_secret_value())
        errands.append(mails(server, settings.mail_from))
    return Dispatcher(database, errands, parse_duration(settings.dispatch_every))


def _accounts(settings: Settings, database: Database) -> Accounts:
    attempts = SignInAttempts(
        database,
        limits.parse(settings.sign_in_limit_per_account),
        limits.parse(settings.sign_in_limit_per_address),
    )
    passwords = Passwords(settings.password_min_length)
    lifetime = parse_duration(settings.access_token_lifetime)
    keys = SigningKeys(database, kept=kept_for(lifetime))
    return Accounts(database, passwords, attempts, Sessions(database, keys, lifetime))


def _issuers_keys(settings: Settings) -> KeySet:
    assert settings.jwks_url is not None  # noqa: S101 - Settings has seen to it
    # httpx, which no other mode needs
    from todo_server.outbound.jwks import fetch_from, without_secrets  # noqa: PLC0415

    return KeySet(without_secrets(settings.jwks_url), fetch_from(settings.jwks_url))


def _authenticate(
    settings: Settings, its_accounts: Accounts | None, keys: KeySet | None
) -> Authenticate:
    if its_accounts is not None:
        return with_bearer_token(Verifier(own_tokens(its_accounts.sessions.keys.find)))
    if keys is not None:
        from todo_server.outbound.jwks import origin_of  # noqa: PLC0415 - as above

        origin = origin_of(str(settings.jwks_url))
        issuer, audience = settings.jwt_issuer or origin, settings.jwt_audience or origin
        return with_bearer_token(Verifier(jwks(keys, issuer, audience)))
    if settings.auth_mode is AuthMode.SHARED_SECRET:
        assert settings.better_auth_secret is not None  # noqa: S101 - Settings has seen to it
        secret = settings.better_auth_secret.get_secret_value()
        rules = Rules(issuer=settings.jwt_issuer, audience=settings.jwt_audience)
        return with_bearer_token(Verifier(shared_secret(secret, rules)))
    log.warning("AUTH_MODE=none: whoever can connect is whoever they say. For development only.")
    return trust_the_path()
