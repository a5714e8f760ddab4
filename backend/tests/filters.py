"""The filters of a listing, and values to try each with: those of the document."""

from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import Field

from todo_server.domain.task_query import TaskQuery
from todo_server.services.tasks import walks


class WithTitle(TaskQuery):
    """A query with one filter more, which asks for a title of `victims.some_tasks`."""

    title: Annotated[str | None, Field(examples=["victim 1"])] = None


def add_filter(monkeypatch: pytest.MonkeyPatch) -> type[TaskQuery]:
    """Put another filter into the table, and give the query that has it."""
    monkeypatch.setitem(walks.FILTERS, "title", walks.equals("title"))
    return WithTitle


def words_of(parameter: str, schema: dict[str, Any]) -> list[Any]:
    """All that a parameter takes, where the document lists it; examples of it otherwise."""
    words: list[Any] = schema.get("enum") or schema.get("examples") or []
    assert words, f"the document has neither an enum nor examples of {parameter!r}"
    return words


def every_filter(kind: type[TaskQuery] = TaskQuery) -> Iterator[dict[str, Any]]:
    """Each filter of the table with each value that the document has, as a client writes it."""
    properties = kind.model_json_schema()["properties"]
    for name in walks.FILTERS:
        for word in words_of(name, properties[name]):
            yield {name: word}


def values_of_filters(kind: type[TaskQuery] = TaskQuery) -> Iterator[dict[str, Any]]:
    """The same, as it is read: parameters of the statement."""
    for asked in every_filter(kind):
        read = kind(**asked)
        yield {name: getattr(read, name) for name in asked}
