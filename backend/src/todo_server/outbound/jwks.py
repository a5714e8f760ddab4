"""Asks an auth server for its key set."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

from todo_server.outbound.causes import innermost

SECONDS = 2
"""What a fetch may take in all."""

MAX_BYTES = 64 * 1024

# Never decompressed: a small answer could fill the memory before its size is known.
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


def origin_of(url: str) -> str:
    """Give the origin of a URL as browsers write it (RFC 6454, section 6.2), or ValueError."""
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise ValueError(str(error)) from error
    return f"{parsed.scheme}://{parsed.netloc.decode()}"


def without_secrets(url: str) -> str:
    """Give a URL as it may stand in a log: hosts of key sets may want a key in the query."""
    parsed = httpx.URL(url)
    return f"{origin_of(url)}{parsed.path}{'?...' if parsed.query else ''}"


def fetch_from(url: str) -> Callable[[], Awaitable[bytes]]:
    """Make the fetch of a key set; OSError or ValueError say what is wrong with its address.

    Neither proxies nor certificates are taken from the environment, and no redirect is followed.
    """
    certificates = httpx.create_ssl_context(trust_env=False)  # 30 ms, once

    async def fetch() -> bytes:
        try:
            async with (
                asyncio.timeout(SECONDS),
                httpx.AsyncClient(
                    verify=certificates, trust_env=False, follow_redirects=False, timeout=SECONDS
                ) as client,
                client.stream("GET", url, headers=_HEADERS) as response,
            ):
                return await _body(response)
        except TimeoutError:
            raise TimeoutError(f"it does not answer within {SECONDS} s") from None
        except httpx.HTTPError as error:
            cause = innermost(error)
            raise ConnectionError(str(cause) or type(cause).__name__) from error

    return fetch


async def _body(response: httpx.Response) -> bytes:
    if response.status_code != httpx.codes.OK:
        raise ValueError(f"it answers {response.status_code}, not 200")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(f"it answers with more than {MAX_BYTES} bytes")
    return bytes(body)
