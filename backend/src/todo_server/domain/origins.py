"""Origins of web pages, as browsers send them, and patterns for many of them (RFC 6454)."""

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

EVERY_PAGE = "*"

_DEFAULT_PORTS = {"http": 80, "https": 443}
_APP_SCHEMES = ("app", "capacitor", "chrome-extension", "ionic", "moz-extension", "tauri")

_ORIGIN = re.compile(r"([a-z][a-z0-9+.-]*)://(\[[0-9a-f:.]+\]|[a-z0-9._*-]+)(?::([0-9]{1,5}))?/?")
_LABEL = re.compile(r"[a-z0-9_*](?:[a-z0-9_*-]{0,61}[a-z0-9_*])?")
_STAR = "[a-z0-9-]+"

_REASONS = (
    (r"[\"'{}]|^\[", "is not a bare origin: write no quotes and no brackets"),
    (r"@", "has a user before its host, which no origin has"),
    (r"\s", "has a space within: separate origins by commas"),
    (r"[^ -~]", "has other letters than browsers send: write its host with xn--"),
    (r"^(?i:null)$", "is what many pages send that have no origin of their own"),
    (r"^(?!.*://)", "has no scheme, like https://app.example.com or http://localhost:3000"),
    (r":\*", "has a star for its port: name the ports one by one"),
    (r"://[^/?#]*[/?#].", "has more than an origin, which ends with its host and port"),
)


def parse_origins(text: str) -> tuple[str, ...]:
    """Read origins separated by commas, in the form that browsers send.

    ValueError names one that no browser would send, and says what is wrong with it.
    """
    if text.lstrip().startswith("["):
        raise ValueError("this is a list in brackets: write origins bare, separated by commas")
    origins = [_parse(part.strip()) for part in text.split(",") if part.strip()]
    if EVERY_PAGE in origins and len(origins) > 1:
        raise ValueError("'*' is every page, so it stands alone")
    return tuple(dict.fromkeys(origins))


def is_pattern(origin: str) -> bool:
    """Tell whether it stands for several origins, but not for all."""
    return "*" in origin and origin != EVERY_PAGE


def expression_for(origins: Iterable[str]) -> str | None:
    """Give a regular expression that the whole of an origin matches if one of the patterns does."""
    patterns = filter(is_pattern, origins)
    return "|".join(re.escape(pattern).replace(r"\*", _STAR) for pattern in patterns) or None


def _parse(text: str) -> str:
    if text == EVERY_PAGE:
        return text
    # Not lowered before it is known to be ASCII: some other letters become ASCII by that.
    match = _ORIGIN.fullmatch(text.lower()) if text.isascii() else None
    if match is None:
        raise _wrong(text, _reason(text))
    scheme, host, port = match.groups()
    if scheme not in (*_DEFAULT_PORTS, *_APP_SCHEMES):
        raise _wrong(text, f"has a scheme that is none of {', '.join(_schemes())}")
    if "*" in host:
        _check_pattern(text, scheme, host)
    origin = f"{scheme}://{_host(text, host)}"
    if port is None or int(port) == _DEFAULT_PORTS.get(scheme):
        return origin  # browsers leave a default port out
    if not 1 <= int(port) <= 65535 or scheme in _APP_SCHEMES:  # noqa: PLR2004
        raise _wrong(text, "has a port that no page can have")
    return f"{origin}:{int(port)}"


def _host(text: str, host: str) -> str:
    try:
        if host.startswith("["):
            return f"[{IPv6Address(host[1:-1])}]"
        labels = host.split(".")
        if labels[-1].isdigit():  # then it is an address to browsers
            return str(IPv4Address(host))
    except ValueError:
        raise _wrong(text, "has an address that is none") from None
    if not all(map(_LABEL.fullmatch, labels)):
        raise _wrong(text, "has a host that is none")
    return host


def _check_pattern(text: str, scheme: str, host: str) -> None:
    """Refuse a pattern that fits pages of strangers without their being named for it."""
    label, _, parent = host.partition(".")
    if scheme != "https" or label.count("*") != 1 or "*" in parent or "." not in parent:
        raise _wrong(
            text,
            "is no pattern: one * may stand for the first label of an https host, or for a part "
            "of it, like https://*.example.com",
        )
    before, _, after = label.partition("*")
    is_named = after.startswith("-") and (before.endswith("-") or after.startswith("--"))
    if not is_named and _strangers_have_sites_below(parent):
        raise _wrong(
            text,
            f"lets in pages of strangers, as anybody may have one below {parent}: put your own "
            f"names around the star, like https://my-app-*-my-team.{parent}",
        )


def _strangers_have_sites_below(domain: str) -> bool:
    """Tell whether its subdomains belong to different people, by the Public Suffix List."""
    # 70 ms, which nobody pays who has no pattern.
    from publicsuffixlist import PublicSuffixList  # noqa: PLC0415

    site = f"site.{domain}"
    return PublicSuffixList().privatesuffix(site) in (None, site)


def _reason(text: str) -> str:
    found = (why for sign, why in _REASONS if re.search(sign, text))
    return next(found, "is not a scheme, a host and perhaps a port, like https://app.example.com")


def _schemes() -> tuple[str, ...]:
    return (*_DEFAULT_PORTS, *_APP_SCHEMES)


def _wrong(text: str, why: str) -> ValueError:
    # What stands before an @ may be a password.
    return ValueError(f"{text.rpartition('@')[2][:100]!r} {why}")
