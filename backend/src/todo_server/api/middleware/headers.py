"""The headers of every answer, which tell browsers and caches what to make of it."""

EVERY = (
    # A shared cache must not show a page what was answered to another, or to no page.
    (b"vary", b"Origin"),
    (b"x-content-type-options", b"nosniff"),
)
NOT_A_PAGE = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""For all answers but a `Page`, which has a policy of its own."""
