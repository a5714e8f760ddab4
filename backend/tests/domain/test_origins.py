"""Which origins CORS_ORIGINS may name, in which form, and which pages a pattern lets in."""

import re

import pytest

from todo_server.domain.origins import expression_for, parse_origins

AS_BROWSERS_SEND_IT = {
    "http://localhost:3000": "http://localhost:3000",
    " https://app.example.com/ ": "https://app.example.com",
    "HTTPS://App.Example.COM": "https://app.example.com",
    "https://app.example.com:443": "https://app.example.com",
    "http://app.example.com:80": "http://app.example.com",
    "http://app.example.com:443": "http://app.example.com:443",
    "http://app.example.com:08080": "http://app.example.com:8080",
    "https://xn--mnchen-3ya.example": "https://xn--mnchen-3ya.example",
    "http://my_machine:3000": "http://my_machine:3000",
    "http://127.0.0.1:3000": "http://127.0.0.1:3000",
    "http://[::1]:3000": "http://[::1]:3000",
    "http://[0:0:0:0:0:0:0:1]": "http://[::1]",
    "capacitor://localhost": "capacitor://localhost",
    "ionic://localhost": "ionic://localhost",
    "tauri://localhost": "tauri://localhost",
    "app://obsidian.md": "app://obsidian.md",
    "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb": (
        "chrome-extension://aapbdbdomjkkjkaonfhkkikfgjllcleb"
    ),
    "*": "*",
}


@pytest.mark.parametrize(("written", "sent"), AS_BROWSERS_SEND_IT.items())
def test_an_origin_becomes_what_browsers_send(written, sent):
    assert parse_origins(written) == (sent,)


@pytest.mark.parametrize("nothing", ["", ",", " , ,"])
def test_no_origin_is_none(nothing):
    assert parse_origins(nothing) == ()


def test_several_are_separated_by_commas_and_each_counts_once():
    text = "http://localhost:3000, https://app.example.com,,HTTPS://APP.example.com:443/"
    assert parse_origins(text) == ("http://localhost:3000", "https://app.example.com")


WRONG = {
    "localhost:3000": "has no scheme",
    "//localhost:3000": "has no scheme",
    "http:/localhost": "has no scheme",
    "app.example.com": "has no scheme",
    '["http://localhost:3000"]': "a list in brackets",
    '["http://localhost:3000", "https://app.example.com"]': "a list in brackets",
    '"http://localhost:3000"': "no quotes",
    "{http://localhost:3000}": "no quotes and no brackets",
    "http://localhost:3000 https://app.example.com": "has a space within",
    "http://local\thost": "has a space within",
    "http://localhost\n.evil.example": "has a space within",
    "https://app.example.com/path": "more than an origin",
    "https://app.example.com//": "more than an origin",
    "https://app.example.com?a=b": "more than an origin",
    "https://app.example.com#a": "more than an origin",
    "http://localhost:3000;http://localhost:5173": "more than an origin",
    "https://m\N{LATIN SMALL LETTER U WITH DIAERESIS}nchen.example": "xn--",
    "https://\N{KELVIN SIGN}.example": "xn--",
    "https://app\N{RIGHT-TO-LEFT OVERRIDE}.example": "xn--",
    "null": "no origin of their own",
    "https://ada@app.example.com": "a user before its host",
    "htps://app.example.com": "a scheme that is none of http, https, app,",
    "ws://app.example.com": "a scheme that is none of",
    "file://x": "a scheme that is none of",
    "javascript://x": "a scheme that is none of",
    "file:///": "is not a scheme, a host",
    "https://": "is not a scheme, a host",
    "https://app.example.com:": "is not a scheme, a host",
    "https://app.example.com:http": "is not a scheme, a host",
    "https://app.example.com:0": "a port that no page can have",
    "https://app.example.com:65536": "a port that no page can have",
    "tauri://localhost:3000": "a port that no page can have",
    "http://1.2.3": "an address that is none",
    "http://1.2.3.256": "an address that is none",
    "http://[:::1]": "an address that is none",
    "http://a..b": "a host that is none",
    "http://app.example.com.": "a host that is none",
    "http://-a.example": "a host that is none",
    "*,https://app.example.com": "stands alone",
    "http://localhost:*": "name the ports",
    "http://*:3000": "is no pattern",
    "https://*": "is no pattern",
    "https://*.com": "is no pattern",
    "http://*.example.app": "is no pattern",
    "capacitor://*.example.app": "is no pattern",
    "https://app.*.example.app": "is no pattern",
    "https://*.*.example.app": "is no pattern",
    "https://a*b*c.example.app": "is no pattern",
    "https://app.example.*": "is no pattern",
    "https://*.0.0.1": "an address that is none",
    **{
        f"https://{label}.{shared}": f"anybody may have one below {shared}"
        for shared in (
            *("vercel.app", "netlify.app", "github.io", "pages.dev", "onrender.com", "hf.space"),
            *("herokuapp.com", "web.app", "fly.dev", "ngrok-free.app", "co.uk"),
            *("s3.amazonaws.com", "eu-central-1.compute.amazonaws.com"),
        )
        for label in ("*", "todo-*", "todo*app", "*-app", "-*-app"[1:])
    },
}


@pytest.mark.parametrize(("text", "why"), WRONG.items())
def test_what_no_browser_would_send_is_refused_in_words(text, why):
    with pytest.raises(ValueError, match=re.escape(why)) as refusal:
        parse_origins(text)
    assert str(refusal.value).isprintable()


def test_a_password_is_not_repeated():
    with pytest.raises(ValueError, match=r"'app\.example\.com' has a user") as refusal:
        parse_origins("https://ada:secret@app.example.com")
    assert "secret" not in str(refusal.value)


PATTERNS = (
    "https://*.example.app",
    "https://pr-*.example.org:8443",
    "https://*.my-app.pages.dev",
    "https://my-app-*-my-team.vercel.app",
    "https://deploy-preview-*--my-app.netlify.app",
)
THEIR_PAGES = (
    "https://a.example.app",
    "https://pr-12.example.app",
    "https://xn--bcher-kva.example.app",
    "https://pr-12.example.org:8443",
    "https://4f2a9c1b.my-app.pages.dev",
    "https://my-app-8tyq2x-my-team.vercel.app",
    "https://my-app-git-main-my-team.vercel.app",
    "https://deploy-preview-42--my-app.netlify.app",
)
STRANGERS = (
    "https://example.app",
    "https://.example.app",
    "https://evil-example.app",
    "https://evilexample.app",
    "https://a.b.example.app",
    "https://a.exampleXapp",
    "https://a.example-app",
    "https://a.example.app.evil.com",
    "https://a.example.app:8443",
    "https://a.example.app@evil.com",
    "https://evil.com/.example.app",
    "https://evil.com?.example.app",
    "https://evil.com#.example.app",
    "https://evil.com\\.example.app",
    "https://a.example.app/",
    "https://a.example.app\n",
    "https://a\n.example.app",
    "https://evil.com\nhttps://a.example.app",
    "https://A.example.app",
    "HTTPS://a.example.app",
    "https://*.example.app",
    "https://a_b.example.app",
    "https://\N{LATIN SMALL LETTER A WITH DIAERESIS}.example.app",
    "https://\N{KELVIN SIGN}.example.app",
    "https://\N{ARABIC-INDIC DIGIT ONE}.example.app",
    "https://%61.example.app",
    "https://a b.example.app",
    "http://a.example.app",
    "https://a.example.app, https://evil.com",
    "https://pr-12.example.org",
    "https://pr-.example.org:8443",
    "https://pr-12.example.org:84430",
    "https://evil.pages.dev",
    "https://my-app.pages.dev",
    "https://evil-my-app.pages.dev",
    "https://my-app-my-team.vercel.app",
    "https://evil-my-team.vercel.app",
    "https://my-app-x-my-team.evil.vercel.app",
    "https://my-app-x.evil-my-team.vercel.app",
    "https://my-app.netlify.app",
    "https://deploy-preview-1--evil.netlify.app",
    "null",
    "",
)


@pytest.mark.parametrize("origin", THEIR_PAGES)
def test_a_pattern_lets_its_pages_in(origin):
    assert re.fullmatch(expression_for(parse_origins(",".join(PATTERNS))) or "", origin)


@pytest.mark.parametrize("origin", STRANGERS)
def test_a_pattern_lets_no_strangers_page_in(origin):
    expression = expression_for(parse_origins(",".join(PATTERNS)))
    assert expression
    assert not re.fullmatch(expression, origin)


def test_without_a_star_there_is_no_expression():
    assert expression_for(("https://app.example.com",)) is None
    assert expression_for(("*",)) is None
    assert expression_for(()) is None
