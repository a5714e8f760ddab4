"""What is asked for of repeating tasks: how many dates, and which page of a series."""

from typing import Annotated

from pydantic import ConfigDict, Field

from todo_server.domain.filter_query import FilterPage
from todo_server.domain.query import Asked, one_of, whole_number
from todo_server.domain.task_filters import STATUS_WORDS, Status

MOST_OCCURRENCES = 100


class OccurrencesQuery(Asked):
    """How many dates to preview."""

    model_config = ConfigDict(frozen=True)

    count: Annotated[
        int,
        whole_number(1, MOST_OCCURRENCES),
        Field(description="How many dates, at most.", examples=[5]),
    ] = 10


class SeriesPage(FilterPage):
    """A page of a series."""

    status: Annotated[Status, one_of(STATUS_WORDS), Field(description="As with `GET …/tasks`.")] = (
        Status.ALL
    )
