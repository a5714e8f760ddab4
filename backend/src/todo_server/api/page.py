"""Pages for people: HTML that may use what it brings along, and is shown in no frame."""

import re
from base64 import b64encode
from hashlib import sha256

from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

_INLINE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


class Page(HTMLResponse):
    """A page; `sources` is what it may load beside the scripts and styles written in it."""

    def __init__(self, html: str, sources: dict[str, str] | None = None) -> None:
        allowed = {"script": "", "style": "", **(sources or {})}
        for kind, text in _INLINE.findall(html):
            digest = b64encode(sha256(text.encode()).digest()).decode()
            allowed[kind] += f" 'sha256-{digest}'"
        policy = [f"{kind}-src {what.strip()}" for kind, what in allowed.items() if what]
        headers = {
            "Content-Security-Policy": "; ".join(
                [
                    "default-src 'none'",
                    *policy,
                    "base-uri 'none'",
                    "form-action 'none'",
                    "frame-ancestors 'none'",
                ]
            ),
            "Referrer-Policy": "no-referrer",
            "X-Frame-Options": "DENY",
        }
        super().__init__(html, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, with its own policy alone: of two, browsers follow both."""
        scope["state"]["page"] = True
        await super().__call__(scope, receive, send)
