"""One row as the verbs give it: what an answer is made of."""

from dataclasses import dataclass
from uuid import UUID

from todo_server.database import Row


@dataclass(slots=True)
class Versioned:
    """A row, with the version that it has now; in JSON, as PostgreSQL wrote it."""

    row: Row

    @property
    def id(self) -> UUID:
        """Its id."""
        return UUID(self.row[0].decode())

    @property
    def version(self) -> str:
        """How often it was changed, and once more."""
        return self.row[1].decode()

    @property
    def body(self) -> bytes:
        """What clients are shown."""
        return self.row[2]
