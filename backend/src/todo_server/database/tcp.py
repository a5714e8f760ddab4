"""How soon a connection is given up that nothing comes through any more (tcp(7))."""

import re
import socket
import struct
import sys
from dataclasses import dataclass
from typing import Self

import asyncpg

from todo_server.errors import ConfigurationError

_LAST_DATA_RECEIVED = 52  # where struct tcp_info of Linux has it, in milliseconds


@dataclass(frozen=True, slots=True)
class TCPOptions:
    """Named as libpq's parameters of connection URLs, which they are."""

    keepalives: int = 1
    keepalives_idle: int = 10
    """Seconds without traffic until the other side is asked whether it is there."""
    keepalives_interval: int = 2
    keepalives_count: int = 3
    tcp_user_timeout: int = 2500
    """Milliseconds for which what was sent may stay unacknowledged."""

    @classmethod
    def of(cls, parameters: dict[str, str]) -> Self:
        """Take over what a URL says; ConfigurationError unless these are whole numbers."""
        own = {name: value for name, value in parameters.items() if name in cls.__slots__}
        for name, value in own.items():
            if not re.fullmatch(r"\d{1,9}", value, re.ASCII):
                raise ConfigurationError(f"{name} in DATABASE_URL takes a whole number.")
        # As libpq has it: 0 is what the system does on its own.
        return cls(**{name: int(value) for name, value in own.items()})

    def set_on(self, connection: asyncpg.Connection) -> None:
        """Set the options that this system knows; unix sockets have none."""
        sock = _socket_of(connection)
        if sock is None:
            return
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, int(self.keepalives != 0))
        idle = "TCP_KEEPALIVE" if sys.platform == "darwin" else "TCP_KEEPIDLE"
        for name, value in (
            (idle, self.keepalives_idle),
            ("TCP_KEEPINTVL", self.keepalives_interval),
            ("TCP_KEEPCNT", self.keepalives_count),
            ("TCP_USER_TIMEOUT", self.tcp_user_timeout),
        ):
            if value and hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def silent_for(connection: asyncpg.Connection) -> float:
    """Give the seconds since anything came; 0 where the system does not tell."""
    sock = _socket_of(connection)
    if sock is None or sys.platform != "linux":
        return 0.0
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED + 4)
    (milliseconds,) = struct.unpack_from("=I", info, _LAST_DATA_RECEIVED)
    return float(milliseconds) / 1000


def _socket_of(connection: asyncpg.Connection) -> socket.socket | None:
    """Give the TCP socket, which asyncpg itself sets TCP_NODELAY on in the same way."""
    transport = connection._transport  # type: ignore[attr-defined]  # noqa: SLF001 - there is no hook
    sock: socket.socket | None = transport and transport.get_extra_info("socket")
    return sock if sock is not None and sock.family != socket.AF_UNIX else None
