"""Tasks: the verbs on one, and the listing of many."""

from todo_server.services.one_row import Versioned
from todo_server.services.tasks.bulk import Asked, Outcome, run_commands
from todo_server.services.tasks.listing import Listing, Page, count_tasks, list_tasks, read_rest
from todo_server.services.tasks.series import list_occurrences, require_series, skip_task
from todo_server.services.tasks.stats import get_stats
from todo_server.services.tasks.verbs import (
    complete_task,
    create_task,
    delete_task,
    get_task,
    restore_task,
    update_task,
)

__all__ = [
    "Asked",
    "Listing",
    "Outcome",
    "Page",
    "Versioned",
    "complete_task",
    "count_tasks",
    "create_task",
    "delete_task",
    "get_stats",
    "get_task",
    "list_occurrences",
    "list_tasks",
    "read_rest",
    "require_series",
    "restore_task",
    "run_commands",
    "skip_task",
    "update_task",
]
