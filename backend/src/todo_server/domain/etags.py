"""Entity tags and the conditions on them (RFC 9110, sections 8.8.3 and 13.1)."""

import re
from hashlib import sha256

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_LIST = re.compile(rf"[ \t,]*{_TAG}(?:[ \t]*,[ \t,]*{_TAG})*[ \t,]*")
_TAGS = re.compile(_TAG)
_VERSIONS = re.compile(r'(?<!W/)"([1-9][0-9]{0,17})(?:-[a-z]+)?"')
"""The strong tags of rows in a list: each holds a version, and some a word that is no part of it.

Nothing in a list but a tag has digits alone between two quotes: a comma follows each tag.
"""


def etag(version: str) -> str:
    """Give the tag of a row that has this version."""
    return f'"{version}"'


def etag_of_content(body: bytes, head: bytes = b"") -> str:
    """Give the tag of an answer that has no version, by its body and what else it tells."""
    told = sha256(body, usedforsecurity=False)
    if head:
        told.update(b"\0%b" % head)  # no JSON has a NUL
    return f'"{told.hexdigest()[:32]}"'


def is_condition(header: str) -> bool:
    """Tell whether this is what `If-Match` and `If-None-Match` take: a list of tags, or `*`."""
    return _is_any(header) or _LIST.fullmatch(header) is not None


def versions_of(if_match: str | None) -> list[int] | None:
    """Give the versions that `If-Match` names, each once; None for any, which `*` is, too.

    Tags that are weak, or not of a row, name none.
    """
    if if_match is None or _is_any(if_match):
        return None
    return [int(version) for version in dict.fromkeys(_VERSIONS.findall(if_match))]


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Tell whether a client has what bears this tag, by its `If-None-Match`, compared weakly."""
    if if_none_match is None:
        return False
    known = (each.removeprefix("W/") for each in _TAGS.findall(if_none_match))
    return _is_any(if_none_match) or tag in known


def _is_any(header: str) -> bool:
    return header.strip(" \t") == "*"
