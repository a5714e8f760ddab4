"""What the contract shows of the operations on tasks, the trash, and many at once."""

from typing import Any

from todo_server.api.examples.rows import (
    CHANGED,
    DONE,
    LATER,
    NEWER,
    NO_UUID,
    REPEATED,
    SUCCESSOR,
    TASK,
    TASK_ID,
)

_TRASHED = CHANGED | {"deleted_at": "2026-11-20T22:04:10.002915Z"}

_CHANGES: dict[str, dict[str, Any]] = {
    "a new title": {"title": "Buy oat milk"},
    "no description": {"description": None},
    "both, and done": {"title": "Buy oat milk", "description": "The grey one", "completed": True},
}

_STATS = {
    "total": 2,
    "by_status": {"pending": 1, "completed": 1},
    "overdue": 0,
    "by_priority": {
        word: {"total": 2 * (word == "medium"), "completed": 1 * (word == "medium")}
        for word in ("none", "low", "medium", "high", "urgent")
    },
    "by_tag": [{"total": 1, "completed": 0, "name": "home"}],
    "by_project": [{"total": 2, "completed": 1, "project_id": None, "name": None}],
    "done_per_day": [
        {"day": "2026-11-20", "completed": 1},
        {"day": "2026-11-21", "completed": 0},
    ],
    "streak": 1,
}

_NO_KEY = ("Idempotency-Key", "invalid", "Send one key of 1 to 255 visible ASCII characters")

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "create_task": {
        "only a title": {"title": "Buy milk"},
        "with a description": {"title": "Buy milk", "description": "Two litres, the blue one"},
    },
    "update_task_by_put": _CHANGES,
    "update_task_by_patch": _CHANGES,
    "complete_task": {"complete": {"completed": True}, "reopen": {"completed": False}, "flip": {}},
    "change_tasks": {
        "make one, change it, delete another": {
            "commands": [
                {"op": "create", "ref": "a", "title": "Buy milk"},
                {"op": "update", "id": "#a", "description": "Two litres, the blue one"},
                {"op": "delete", "id": NEWER["id"], "if_version": 1},
            ]
        },
        "what can be completed": {
            "task_ids": [TASK_ID, NEWER["id"]],
            "action": "complete",
            "atomic": False,
        },
    },
}
ANSWERS: dict[str, dict[str, Any]] = {
    "list_tasks": {
        "two tasks": [NEWER, TASK],
        "a page with a number": {
            "tasks": [NEWER, TASK],
            "total": 42,
            "page": 2,
            "page_size": 2,
            "pages": 21,
            "has_more": True,
        },
        "where lists are objects": {"tasks": [NEWER, TASK], "total": 2},
    },
    "count_tasks": {"some": {"count": 42}},
    "get_stats": {"two tasks, one of them done": _STATS},
    "create_task": {
        "only a title": TASK | {"description": None},
        "with a description": TASK,
    },
    "get_task": {"the task": TASK},
    "update_task_by_put": {"the task": CHANGED},
    "update_task_by_patch": {"the task": CHANGED},
    "complete_task": {
        "the task": TASK | DONE,
        "one that repeats": REPEATED | LATER | {"completed": True, "next_task": SUCCESSOR},
    },
    "list_trash": {
        "one task": [_TRASHED],
        "where lists are objects": {"tasks": [_TRASHED], "total": 1},
    },
    "restore_task": {"the task": CHANGED | {"version": 4}},
    "change_tasks": {
        "made, changed, deleted": {
            "results": [
                {"status": 201, "task": TASK | {"description": None}},
                {"status": 200, "task": TASK | LATER},
                {"status": 204},
            ]
        },
        "one of two completed": {
            "results": [
                {"status": 200, "task": TASK | DONE},
                {
                    "status": 404,
                    "error": "task_not_found",
                    "message": "You have no task with this id.",
                    "details": [
                        {
                            "field": "task_ids.1",
                            "code": "task_not_found",
                            "message": "You have no task with this id.",
                        }
                    ],
                },
            ]
        },
    },
    "list_filtered_tasks": {"two tasks": [NEWER, TASK]},
}
MISTAKES = {
    "list_tasks": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "count_tasks": ("project_id", "invalid", "Use an id, or none"),
    "create_task": ("title", "missing", "Field required"),
    "get_task": NO_UUID,
    "update_task_by_put": ("title", "blank", "A title needs at least one visible character"),
    "update_task_by_patch": ("title", "blank", "A title needs at least one visible character"),
    "delete_task": NO_UUID,
    "complete_task": ("completed", "bool_type", "Input should be a valid boolean"),
    "list_trash": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "restore_task": NO_UUID,
    "purge_task": NO_UUID,
    "empty_trash": _NO_KEY,
    "change_tasks": ("commands.0.title", "missing", "Field required"),
}
