"""Serving: the sockets it listens on, the processes that accept on them, and their end.

The sockets are bound before anything else is begun, so that a port that is taken costs nothing.
They are closed everywhere before the requests in flight are finished, so that a new connection is
refused at once and goes elsewhere.
"""

import errno
import gc
import logging
import signal
import socket
import sys
from contextlib import suppress
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from todo_server import app, signals
from todo_server.config import Settings
from todo_server.errors import ConfigurationError
from todo_server.http_protocol import DeadlineProtocol

log = logging.getLogger("todo_server.serving")

BACKLOG = 2048
# What `localhost` meets on a machine without IPv6; its other address will do.
NOT_HERE = (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)


def bind(settings: Settings) -> list[socket.socket]:
    """Take the port on every address of the host; connections are refused until `run`.

    Raises ConfigurationError, which names the host and the port and says what to do.
    """
    bound: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)
        for number, (family, kind, protocol, _, address) in enumerate(found, 1):
            listener = socket.socket(family, kind, protocol)
            try:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind(address)
                bound.append(listener)
            except OSError as error:
                listener.close()
                if error.errno not in NOT_HERE or (number == len(found) and not bound):
                    raise
    except OSError as error:
        _close(bound)
        raise ConfigurationError(_explain(error, settings)) from error
    return bound


def address_of(settings: Settings) -> str:
    """Give the URL by which somebody at this machine reaches the server."""
    host = "localhost" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


def run(settings: Settings, listeners: list[socket.socket]) -> None:
    """Serve until a signal ends it; the requests in flight are finished."""
    try:
        for listener in listeners:
            listener.listen(BACKLOG)
    except OSError as error:  # two servers had bound it, and the other one was faster
        raise ConfigurationError(_explain(error, settings)) from error
    address = address_of(settings)
    log.info("serving on %s, documentation at %s/docs (Ctrl-C to stop)", address, address)
    config = uvicorn.Config(
        "todo_server.serving:worker_app",
        factory=True,
        workers=settings.workers,
        http=DeadlineProtocol,
        ws="none",
        lifespan="on",
        forwarded_allow_ips=settings.trusted_proxies,
        loop="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=30,
    )
    if settings.workers == 1:
        with suppress(signals.Ended):  # uvicorn raises the signal that it has caught again
            uvicorn.Server(config).run(listeners)
        return
    workers = _Workers(config, listeners)
    workers.run()
    if any(worker.exitcode == STARTUP_FAILURE for worker in workers.processes):
        sys.exit(STARTUP_FAILURE)


def worker_app() -> FastAPI:
    """Make the application of one worker process, which is told to end as its parent is."""
    signals.like_sigterm()
    signals.end_with_the_parent()
    application = app.worker_app()
    # What is there now stays for good. Left to the garbage collector, it would be gone through
    # again and again: a fifth of all CPU time, when it was measured. So would be what many
    # requests at once hold: a sixth, with a thousand connections. Not in the application itself:
    # a process that makes many would keep the garbage of all.
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 50)
    return application


class _Workers(Multiprocess):
    """uvicorn's supervisor, but for how it is told to end (docs/decisions/0021)."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        before = {number: signal.getsignal(number) for number in signals.LIKE_SIGTERM}
        super().__init__(config, sockets)  # takes every signal
        for number, handler in before.items():
            signal.signal(number, handler)
        for number in signals.ENDINGS:
            signal.signal(number, self._end)

    def _end(self, number: int, _: FrameType | None) -> None:
        # What the parent would keep open takes connections that nobody accepts any more.
        _close(self.sockets)
        self.signal_queue.append(number)

    def init_processes(self) -> None:
        # They hear of Ctrl-C from the terminal, too: in the middle of their imports.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        super().init_processes()
        signal.signal(signal.SIGINT, handler)

    def keep_subprocess_alive(self) -> None:
        try:
            super().keep_subprocess_alive()
        except ValueError:  # a worker has just died, and what it should listen on has been closed
            if not self.signal_queue:
                raise


def _close(listeners: list[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


def _explain(error: OSError, settings: Settings) -> str:
    host, port = settings.host, settings.port
    another = "Choose another one, for example: PORT=8001 make serve"
    if error.errno == errno.EADDRINUSE:
        return (
            f"PORT {port} on {host}: address already in use, perhaps by a server that was started "
            f"before. {another}"
        )
    if error.errno == errno.EACCES:
        return f"PORT {port}: ports below 1024 need rights that this user lacks. {another}"
    return (
        f"HOST {host}: {error.strerror}. It takes an address of this machine, for example "
        "127.0.0.1, or 0.0.0.0 for all of them."
    )
