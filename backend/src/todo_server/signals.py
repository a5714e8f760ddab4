"""How our processes are told to end: in good order, whichever signal says it, and once.

SIGTERM and SIGINT (Ctrl-C) unwind what was begun: the embedded PostgreSQL is stopped, a half-made
database removed. SIGHUP (a closed terminal) and SIGQUIT count as SIGTERM, unless they are ignored,
as by nohup. While uvicorn serves it has taken SIGTERM and SIGINT over, to finish the requests in
flight.
"""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import connection, parent_process
from types import FrameType

ENDINGS = (signal.SIGTERM, signal.SIGINT)
LIKE_SIGTERM = (signal.SIGHUP, signal.SIGQUIT)


class Ended(SystemExit):
    """A signal ended the command; its code is what a shell shows for that (SIGINT: 130)."""


@contextmanager
def unwinding() -> Iterator[None]:
    """Raise Ended where a signal comes; the next ones, while all is put in order, are ignored."""
    before = {number: signal.getsignal(number) for number in (*ENDINGS, *LIKE_SIGTERM)}
    for number in ENDINGS:
        if before[number] is not signal.SIG_IGN:
            signal.signal(number, _end)
    like_sigterm()
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def like_sigterm() -> None:
    """Let SIGHUP and SIGQUIT do what SIGTERM does, unless they are ignored."""
    for number in LIKE_SIGTERM:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: signal.raise_signal(signal.SIGTERM))


def end_with_the_parent() -> None:
    """Let this worker end in good order when its parent is gone, even by kill -9."""
    parent = parent_process()
    if parent is None:
        return

    def wait_for_its_end() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_its_end, name="parent-watch", daemon=True).start()


def _end(number: int, _: FrameType | None) -> None:
    for other in ENDINGS:
        signal.signal(other, signal.SIG_IGN)
    raise Ended(128 + number)
