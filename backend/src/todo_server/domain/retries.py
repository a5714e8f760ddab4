"""When a delivery that failed is attempted again."""

from datetime import timedelta

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=6),
)
"""Between one attempt and the next: a day in all, growing as Standard Webhooks has it."""

SPREAD = 0.1
"""By which part of itself a pause may be longer, so that not all come back at once."""


def pause_after(attempts: int, chance: float) -> timedelta | None:
    """Give the pause after so many attempts, or None where it is given up.

    `chance` is from 0 to 1, another one each time.
    """
    if attempts > len(PAUSES):
        return None
    return PAUSES[attempts - 1] * (1 + SPREAD * chance)
