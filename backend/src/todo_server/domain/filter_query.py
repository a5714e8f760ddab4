"""Which page of what a saved filter finds is asked for."""

from typing import Annotated

from pydantic import ConfigDict, Field

from todo_server.domain.query import Asked, cursor_text, whole_number
from todo_server.domain.task_query import PAGE_MAXIMUM


class FilterPage(Asked):
    """A page of what a filter finds; `limit` None is the whole list."""

    model_config = ConfigDict(frozen=True)

    limit: Annotated[
        int | None,
        whole_number(1, PAGE_MAXIMUM),
        Field(description="As with `GET …/tasks`.", examples=[20]),
    ] = None
    cursor: Annotated[
        str | None,
        cursor_text(),
        Field(
            description="Where to go on: take it from the `Link` of the page before. It is good as "
            "long as the filter's query is the same."
        ),
    ] = None
