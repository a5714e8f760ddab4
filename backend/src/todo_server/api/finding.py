"""What a user's tasks come to, without the tasks."""

from typing import Annotated

from fastapi import APIRouter, Query

from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.named_route import NamedRoute
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.domain.task_filters import TaskFilters
from todo_server.models import Stats, TaskCount
from todo_server.services import tasks

router = APIRouter(route_class=NamedRoute, tags=["tasks"])
stats_router = APIRouter(route_class=OwnerRoute, tags=["tasks"])


@router.get(
    "/api/{user_id}/tasks/count",
    summary="Count tasks",
    operation_id="count_tasks",
    response_model=TaskCount,
    response_description="How many tasks there are.",
)
async def count_tasks(query: Annotated[TaskFilters, Query()], mine: Mine) -> TaskCount:
    """Count the tasks that `list_tasks` would list on all its pages; it takes the same filters."""
    return TaskCount(count=await tasks.count_tasks(mine, query))


@stats_router.get(
    "/api/{user_id}/stats",
    summary="Get statistics",
    operation_id="get_stats",
    response_model=Stats,
    response_description="What the tasks come to.",
)
async def get_stats(mine: Mine) -> Stats:
    """Tell how many tasks there are, by what they are, and what was done in the last 30 days."""
    return await tasks.get_stats(mine)
