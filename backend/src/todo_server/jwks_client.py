"""The one request that this server makes to others: for the key set of an auth server."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx

SECONDS = 2
"""What a fetch may take in all."""

MAX_BYTES = 64 * 1024

# Never decompressed: a small answer could fill the memory before its size is known.
_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


def origin_of(url: str) -> str:
    """Give the origin of a URL as browsers write it (RFC 6454, section 6.2)."""
    parsed = httpx.URL(url)
    return f"{parsed.scheme}://{parsed.netloc.decode()}"


def fetch_from(url: str) -> Callable[[], Awaitable[bytes]]:
    """Make the fetch of a key set; OSError or ValueError say why there is none.

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
            raise TimeoutError(f"{url} does not answer within {SECONDS} s") from None
        except httpx.HTTPError as error:
            raise ConnectionError(f"{url}: {error or type(error).__name__}") from error

    return fetch


async def _body(response: httpx.Response) -> bytes:
    url = response.request.url
    if response.status_code != httpx.codes.OK:
        raise ValueError(f"{url} answers {response.status_code}, not 200")
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise ValueError(f"{url} answers with more than {MAX_BYTES} bytes")
    return bytes(body)
