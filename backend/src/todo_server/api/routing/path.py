"""Paths as routes are to see them."""

from urllib.parse import unquote

_KEPT = str.maketrans({"%": "%25", "/": "%2F", "\n": "%0A"})


def decoded(raw_path: bytes) -> str:
    """Decode a path but for what would read as another one then (RFC 3986, section 2.2).

    `%2F` is part of a segment and separates none; and to a pattern's `$`, what stands before a
    newline is an end. `%` stays encoded as well, so that `unquote` gives what a segment means.
    """
    segments = raw_path.decode("ascii").split("/")
    return "/".join(unquote(segment).translate(_KEPT) for segment in segments)
