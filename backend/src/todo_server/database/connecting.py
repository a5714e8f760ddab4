"""How connections are made: by the URL, given up when silent, checked, and told of in the log."""

from typing import Any

import asyncpg

from todo_server.database import readiness
from todo_server.database.connection import KEPT, KEPT_BYTES, Connection
from todo_server.database.incidents import Incidents
from todo_server.database.reasons import NotConnectedError, reason_of
from todo_server.database.tcp import TCPOptions
from todo_server.database.url import connect_arguments, parameters_of, place_of
from todo_server.errors import NotReadyError


class Connector:
    """Makes connections to one database.

    All of it raises NotConnectedError, and NotReadyError on a database that `readiness` refuses.
    """

    def __init__(self, url: str, *, connect_timeout: float, statement_timeout: float) -> None:
        self._arguments: dict[str, Any] = {
            "timeout": connect_timeout,
            "command_timeout": statement_timeout,
            **connect_arguments(url),
        }
        self._tcp = TCPOptions.of(parameters_of(url))
        self._url = url
        self.incidents = Incidents(place_of(url))

    async def connect(self) -> Connection:
        """Make a connection to a database that has proved what it must."""
        try:
            connection = await self.dial()
            try:
                await readiness.check(connection)
            except BaseException:
                connection.terminate()
                raise
        except NotReadyError as error:
            self.incidents.away("it is not ready", error.message)
            raise
        except Exception as error:
            reason = reason_of(error, self._url)
            self.incidents.away(reason.words, reason.error)
            raise NotConnectedError(reason) from error
        self.incidents.back()
        return connection

    async def look(self) -> None:
        """Find out what stands between, with the first connection."""
        connection = await self.connect()
        try:
            if await readiness.forgets_prepared_statements(connection):
                self._arguments["statement_cache_size"] = 0
        finally:
            connection.terminate()

    async def prove(self) -> None:
        """Prove that the database could be used, on a connection of its own."""
        (await self.connect()).terminate()

    async def dial(self) -> Connection:
        """Make a connection that nothing is known of; raises whatever asyncpg does."""
        arguments = {
            "statement_cache_size": KEPT,
            "max_cacheable_statement_size": KEPT_BYTES,
            **self._arguments,
        }
        connection = await asyncpg.connect(**arguments, connection_class=Connection)
        self._tcp.set_on(connection)
        return connection
