"""The filters of a listing, and values to try each with: those of the document."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import Field

from todo_server.domain.task_query import TaskQuery
from todo_server.services.tasks import filters


class WithTitle(TaskQuery):
    """A query with one filter more, which asks for a title of `victims.some_tasks`."""

    title: Annotated[str | None, Field(examples=["victim 1"])] = None


def add_filter(monkeypatch: pytest.MonkeyPatch) -> type[TaskQuery]:
    """Put another filter into the table, and give the query that has it."""
    monkeypatch.setitem(filters.FILTERS, "title", filters.equals("title"))
    return WithTitle


def words_of(parameter: str, schema: dict[str, Any]) -> list[Any]:
    """All that a parameter takes, where the document lists it; examples of it otherwise.

    Each as a client writes it: several with commas between.
    """
    words: list[Any] = schema.get("examples") or schema.get("enum") or []
    assert words, f"the document has neither an enum nor examples of {parameter!r}"
    return [",".join(word) if isinstance(word, list) else word for word in words]


def every_filter(kind: type[TaskQuery] = TaskQuery) -> Iterator[dict[str, Any]]:
    """Each filter of the table with each value that the document has, as a client writes it."""
    properties = kind.model_json_schema()["properties"]
    for name in dict.fromkeys(line.partition(":")[0] for line in filters.FILTERS):
        for word in words_of(name, properties[name]):
            yield {name: word}
    yield {"tags": "home,Errands", "tag_match": "any"}


def values_of_filters(
    kind: type[TaskQuery] = TaskQuery,
) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    """The same, as it is read: lines of the table, and parameters of the statement."""
    for asked in every_filter(kind):
        read = kind(**asked)
        lines = filters.filters_of(read)
        yield tuple(lines), filters.filter_values(read, lines)


def literal(value: object) -> str:
    """Write the value of a filter into a statement."""
    if isinstance(value, tuple):
        listed = ", ".join(map(literal, value))
        return f"ARRAY[{listed}]::text[]"
    text = str(value).replace("'", "''")
    return f"'{text}'"
