"""What a request is answered, and how it is refused."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn


class RefusedError(Exception):
    """A request that is to be refused; `current` is the row that another version was asked of.

    Where `fields` are given, what is wrong is named, and is among these: a field and a code each.
    """

    def __init__(
        self, status: int, code: str, current: Any = None, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self.status, self.code, self.current, self.fields = status, code, current, fields
        super().__init__(f"{status} {code} {fields or ''}")


INVALID = RefusedError(422, "validation_failed")
NOT_FOUND = RefusedError(404, "task_not_found")


def invalid(*fields: tuple[str, str]) -> RefusedError:
    """Refuse a field, by its name and a code; of several, the server names one at least."""
    return RefusedError(422, "validation_failed", fields=fields)


def refuse(refusal: RefusedError) -> NoReturn:
    # A constant would gather the tracebacks of all its uses, and all that their frames hold.
    raise refusal.with_traceback(None)


def refuse_if(refusal: RefusedError, condition: bool) -> None:
    if condition:
        refuse(refusal)


@dataclass
class Answer:
    """What a request is answered: a status, a body, and headers, of which None is one that is not
    there."""

    status: int
    body: Any = None
    headers: dict[str, str | None] = field(default_factory=dict)


def instant(at: datetime) -> str:
    """Write an instant as the API does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
