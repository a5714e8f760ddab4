"""The settings: frozen, validated at start, and the only reader of the environment."""

from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

import limits
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from todo_server.domain.duration import parse_duration
from todo_server.domain.mail import check_smtp_url, is_sender
from todo_server.domain.origins import parse_origins
from todo_server.errors import ConfigurationError

SECRET_BYTES = 32
"""The least length of an HMAC key for HS256 (RFC 7518, section 3.2)."""


class AuthMode(StrEnum):
    """Where identities come from."""

    BUILTIN = "builtin"
    JWKS = "jwks"
    NONE = "none"
    SHARED_SECRET = "shared_secret"  # noqa: S105 - the name of a mode


class LogFormat(StrEnum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class ListEnvelope(StrEnum):
    """What lists of tasks are answered as."""

    ARRAY = "array"
    OBJECT = "object"


class Settings(BaseSettings):
    """Every setting, its default and what it takes; docs/configuration.md explains them."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
    )

    database_url: Annotated[
        SecretStr | None,
        Field(description="PostgreSQL 14 or newer; unset: the embedded one in DATA_DIR"),
    ] = None
    database_pool_size: Annotated[
        int, Field(ge=1, le=200, description="connections per worker, 1 to 200")
    ] = 10
    data_dir: Annotated[Path, Field(description="where the embedded PostgreSQL keeps its data")] = (
        Path("data")
    )
    host: Annotated[str, Field(description="the address to listen on")] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535, description="the port, 1 to 65535")] = 8000
    workers: Annotated[int, Field(ge=1, le=64, description="processes, 1 to 64")] = 1
    auth_mode: Annotated[AuthMode, Field(description="builtin, jwks, shared_secret or none")] = (
        AuthMode.BUILTIN
    )
    auth_none_anywhere: Annotated[
        bool, Field(description="true allows AUTH_MODE=none on an address others can reach")
    ] = False
    better_auth_secret: Annotated[
        SecretStr | None,
        Field(description="the HS256 secret for AUTH_MODE=shared_secret, 32 bytes or more"),
    ] = None
    jwks_url: Annotated[str | None, Field(description="the key set for AUTH_MODE=jwks")] = None
    jwt_issuer: Annotated[str | None, Field(description="the `iss` that tokens must carry")] = None
    jwt_audience: Annotated[str | None, Field(description="the `aud` that tokens must carry")] = (
        None
    )
    cors_origins: Annotated[
        tuple[str, ...],
        NoDecode,
        Field(description="origins like https://app.example.com, separated by commas"),
    ] = ("http://localhost:3000",)
    trash_days: Annotated[
        int, Field(ge=1, le=36500, description="days for which the trash is kept, 1 to 36500")
    ] = 30
    changes_days: Annotated[
        int, Field(ge=1, le=36500, description="days for which changes are kept, 1 to 36500")
    ] = 90
    dispatch_every: Annotated[
        str, Field(description="a time from 1s to 7d, like 60s, 1h or 1d")
    ] = "1h"
    smtp_url: Annotated[
        SecretStr | None,
        Field(description="smtps://user:password@host, or smtp://user:password@host:587"),
    ] = None
    mail_from: Annotated[
        str | None, Field(description="todo@example.com, or To-do <todo@example.com>")
    ] = None
    webhook_private_addresses: Annotated[
        bool, Field(description="true lets webhooks lead into private networks")
    ] = False
    list_envelope: Annotated[
        ListEnvelope, Field(description="array, or object for lists of tasks with their total")
    ] = ListEnvelope.ARRAY
    log_level: Annotated[LogLevel, Field(description="DEBUG, INFO, WARNING or ERROR")] = (
        LogLevel.INFO
    )
    log_format: Annotated[LogFormat, Field(description="console or json")] = LogFormat.CONSOLE

    password_min_length: Annotated[int, Field(ge=8, le=128, description="characters, 8 to 128")] = 8
    sign_in_limit_per_account: Annotated[
        str, Field(description="tries of one address at one account, like 10/15minutes")
    ] = "10/15minutes"
    sign_in_limit_per_address: Annotated[
        str, Field(description="failed tries of one address in all, like 300/15minutes")
    ] = "300/15minutes"
    access_token_lifetime: Annotated[
        str, Field(description="a time from 1m to 7d, like 15m, 12h or 7d")
    ] = "15m"  # noqa: S105 - a time
    trusted_proxies: Annotated[
        str,
        Field(description="addresses whose X-Forwarded-For is believed, by commas, or *"),
    ] = "127.0.0.1"

    @field_validator("data_dir")
    @classmethod
    def _home(cls, value: Path) -> Path:
        try:
            return value.expanduser()  # no shell did it for what stands in `.env`
        except RuntimeError as error:
            raise ValueError(f"{value} is nobody's home") from error

    @field_validator("sign_in_limit_per_account", "sign_in_limit_per_address")
    @classmethod
    def _rate(cls, value: str) -> str:
        limits.parse(value)
        return value

    @field_validator("access_token_lifetime")
    @classmethod
    def _lifetime(cls, value: str) -> str:
        return _between("1m", value, "7d", "15m, 12h or 7d")

    @field_validator("smtp_url")
    @classmethod
    def _smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            check_smtp_url(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _mail_from(cls, value: str | None) -> str | None:
        if value is not None and not is_sender(value):
            raise ValueError("it is no address that mail could come from")
        return value

    @field_validator("dispatch_every")
    @classmethod
    def _every(cls, value: str) -> str:
        return _between("1s", value, "7d", "60s, 1h or 1d")

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _origins(cls, value: Any) -> Any:  # noqa: ANN401 - text from the environment, or a tuple
        return parse_origins(value if isinstance(value, str) else ",".join(value))

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        return value.upper() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.auth_mode is AuthMode.SHARED_SECRET:
            secret = self.better_auth_secret
            if secret is None or len(secret.get_secret_value().encode()) < SECRET_BYTES:
                raise ValueError(
                    f"BETTER_AUTH_SECRET must be at least {SECRET_BYTES} bytes long for "
                    "AUTH_MODE=shared_secret; make one with 'openssl rand -base64 32' and give "
                    "the same to the auth server"
                )
        if self.smtp_url is not None and self.mail_from is None:
            raise ValueError("MAIL_FROM must be the address that mails come from, with SMTP_URL")
        if self.auth_mode is AuthMode.JWKS and not _is_url(self.jwks_url):
            raise ValueError(
                "JWKS_URL must be the address of the issuer's key set for AUTH_MODE=jwks, like "
                "http://localhost:3000/api/auth/jwks"
            )
        if self.auth_mode is AuthMode.NONE and not (
            self.auth_none_anywhere or _is_loopback(self.host)
        ):
            raise ValueError(
                "AUTH_MODE=none trusts whoever can connect, and HOST is not a loopback address; "
                "choose another AUTH_MODE, or AUTH_NONE_ANYWHERE=true if you insist"
            )
        if (
            self.auth_mode is AuthMode.NONE
            and "*" in "".join(self.cors_origins)
            and not self.auth_none_anywhere
        ):
            raise ValueError(
                "AUTH_MODE=none trusts every page that CORS_ORIGINS lets in, and a * there lets in "
                "pages that you do not know; name the origins, or AUTH_NONE_ANYWHERE=true if you "
                "insist"
            )
        return self


def read_settings() -> Settings:
    """Read the environment and `.env`; ConfigurationError names each variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("\n".join(map(_explain, error.errors()))) from None


def _explain(error: Any) -> str:  # noqa: ANN401 - pydantic's ErrorDetails
    if not error["loc"]:
        return str(error["ctx"]["error"])
    name = str(error["loc"][0])
    takes = Settings.model_fields[name].description
    message = error["msg"].removeprefix("Value error, ")
    return f"{name.upper()}: {message}. It takes: {takes}."


def _is_url(text: str | None) -> bool:
    """Tell whether httpx could ask there; of some that it could not, it has no expected error."""
    from todo_server.outbound.jwks import origin_of  # noqa: PLC0415 - httpx, for AUTH_MODE=jwks alone

    if not text or not text.isprintable() or " " in text:
        return False
    try:
        origin_of(text)
        parts = urlsplit(text)
        known_port = parts.port != 0  # ValueError beyond 65535
    except ValueError:
        return False
    known_scheme = parts.scheme in ("http", "https")
    return known_scheme and known_port and bool(parts.hostname) and parts.username is None


def _between(least: str, value: str, most: str, examples: str) -> str:
    """Give a length of time that is within these; ValueError says what to write."""
    if not parse_duration(least) <= parse_duration(value) <= parse_duration(most):
        raise ValueError(f"{value} is not from {least} to {most}; write {examples}")
    return value


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
