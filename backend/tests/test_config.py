"""The settings: wrong ones stop the start in words that name them."""

from collections.abc import Callable

import pytest

from todo_server.config import Settings, read_settings
from todo_server.errors import ConfigurationError


@pytest.fixture
def read(tmp_path, monkeypatch) -> Callable[..., Settings]:
    """Read the settings from these variables alone."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)

    def read(**values: str) -> Settings:
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        return read_settings()

    return read


def test_origins_are_read_in_the_form_that_browsers_send(read):
    text = "HTTP://Localhost:3000/, https://*.Example.app:443"
    assert read(CORS_ORIGINS=text).cors_origins == (
        "http://localhost:3000",
        "https://*.example.app",
    )


def test_a_wrong_origin_stops_the_start_with_its_name_and_what_is_right(read):
    with pytest.raises(ConfigurationError) as refusal:
        read(CORS_ORIGINS="https://app.example.com,localhost:3000")
    assert refusal.value.message == (
        "CORS_ORIGINS: 'localhost:3000' has no scheme, like https://app.example.com or "
        "http://localhost:3000. It takes: origins like https://app.example.com, separated by "
        "commas."
    )


@pytest.mark.parametrize("origins", ["*", "https://*.example.app"])
def test_who_believes_the_path_does_not_let_pages_in_that_nobody_knows(read, origins):
    with pytest.raises(ConfigurationError, match="CORS_ORIGINS"):
        read(AUTH_MODE="none", CORS_ORIGINS=origins)
    assert read(AUTH_MODE="none", CORS_ORIGINS=origins, AUTH_NONE_ANYWHERE="true")


@pytest.mark.parametrize("text", ["90s", "1m", "15m", "12h", "7d", "168h", "604800s", " 7D "])
def test_a_lifetime_is_a_number_and_a_unit(read, text):
    assert read(ACCESS_TOKEN_LIFETIME=text).access_token_lifetime == text


WRONG_LIFETIMES = [
    *("8d", "169h", "59s", "0m", "-15m", "1.5h", "15", "15 m", "1h30m", "forever"),
    "\N{ARABIC-INDIC DIGIT THREE}m",
]


@pytest.mark.parametrize("text", WRONG_LIFETIMES)
def test_another_lifetime_stops_the_start_with_its_name_and_what_to_write(read, text):
    with pytest.raises(ConfigurationError) as refusal:
        read(ACCESS_TOKEN_LIFETIME=text)
    named = [f"ACCESS_TOKEN_LIFETIME: {form} is " for form in (text, repr(text))]
    assert refusal.value.message.startswith(tuple(named))
    assert refusal.value.message.endswith(
        "15m, 12h or 7d. It takes: a time from 1m to 7d, like 15m, 12h or 7d."
    )


@pytest.mark.parametrize(
    "url",
    [
        *("", "localhost:3000/jwks", "ftp://localhost/jwks", "http:///jwks", "https://"),
        *("http://ada:secret@localhost/", "http://localhost:0/", "http://localhost:65536/"),
        *("http://local host/", "http://local\thost/", "http://localhost/\n", "http://[::1/"),
        *("http://localhost:port/", "http://\u202elocalhost/", "http://\x01/"),
    ],
    ids=repr,
)
def test_the_address_of_a_key_set_that_cannot_be_asked_stops_the_start(read, url):
    with pytest.raises(ConfigurationError, match="JWKS_URL must be the address") as refusal:
        read(AUTH_MODE="jwks", JWKS_URL=url)
    assert "secret" not in refusal.value.message


@pytest.mark.parametrize(
    "url", ["http://localhost:3000/api/auth/jwks", "https://[::1]/jwks?a=b", "https://h.example"]
)
def test_any_other_is_taken(read, url):
    assert read(AUTH_MODE="jwks", JWKS_URL=url).jwks_url == url
