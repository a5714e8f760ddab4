"""What the contract shows of changes: what others follow, history, undo, export and import."""

from typing import Any

from todo_server.api.examples.rows import ACCOUNT, CHANGED, NEWER, NO_UUID, TASK, TASK_ID, USER_ID
from todo_server.domain.changes_query import MAX_NUMBER

_FOLLOWED = {
    "number": 43,
    "more": False,
    "cursor": None,
    "tasks": [CHANGED],
    "projects": [],
    "tags": [],
    "filters": [],
    "removed": [],
}

_NO_OTHERS: dict[str, Any] = {"projects": [], "tags": [], "filters": []}

_UNDONE = {"updated_at": "2026-11-20T22:03:11.402718Z", "version": 3}

_HISTORY = [
    {
        "number": 43,
        "at": CHANGED["updated_at"],
        "kind": "updated",
        "version": 2,
        "changes": {
            "title": {"from": "Buy milk", "to": "Buy oat milk"},
            "description": {"from": "Two litres, the blue one", "to": None},
        },
        "request_id": "a5cb5d30a8df4f938072b76f1cfa0a46",
        "client": "todo-app/1.4",
        "batch": None,
        "undoes": None,
    }
]

_NO_SERIES: dict[str, Any] = dict.fromkeys(("occurrence", "occurs_on", "rule_start", "rule_first"))
_EXPORT = {
    "format": "todo-server/1",
    "exported_at": "2026-11-21T08:00:00.417023Z",
    "number": 3,
    "account": ACCOUNT,
    "settings": {
        "time_zone": "Europe/Berlin",
        "week_start": "monday",
        "email_reminders": False,
        "version": 2,
    },
    "projects": [],
    "tags": [
        {
            "id": "019aa3f4-8c13-7f60-8e05-2d9b7c4f1a36",
            "user_id": USER_ID,
            "name": "Errands",
            "color": "#2e7d32",
            "position": "r019aa3f48c137f608e",
            "created_at": "2026-11-20T22:00:44.051872Z",
            "updated_at": "2026-11-20T22:00:44.051872Z",
            "version": 1,
        }
    ],
    "filters": [],
    "tasks": [TASK | _NO_SERIES],
    "trash": [
        NEWER | _NO_SERIES | {"version": 2, "deleted_at": "2026-11-20T22:02:49.634545Z"},
    ],
    "changes": [
        {
            "number": 3,
            "at": "2026-11-20T22:02:49.634545Z",
            "kind": "deleted",
            "noun": "task",
            "row_id": NEWER["id"],
            "before": {"deleted_at": None},
            "origin": "a5cb5d30a8df4f938072b76f1cfa0a46 curl/8.14.1",
            "batch": None,
            "undoes": None,
        }
    ],
}

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "import": {"an export": _EXPORT},
}
ANSWERS: dict[str, dict[str, Any]] = {
    "list_changes": {
        "one change": _FOLLOWED,
        "nothing new": _FOLLOWED | {"tasks": []},
        "the first page of all there is": {
            "number": 43,
            "more": True,
            "cursor": "Jkad9twrSXZbIjQzIl0",
            "tasks": [CHANGED],
            **_NO_OTHERS,
            "removed": [],
        },
        "one that is gone": _FOLLOWED | {"tasks": [], "removed": [TASK_ID]},
    },
    "list_task_history": {"one change": _HISTORY},
    "undo_change": {"the task": _FOLLOWED | {"number": 44, "tasks": [TASK | _UNDONE]}},
    "export": {"everything": _EXPORT},
    "import": {"all of it was new": {"created": 2, "left": 0}},
}
MISTAKES = {
    "list_changes": ("since", "invalid", f"Use a whole number from 0 to {MAX_NUMBER}"),
    "list_task_history": NO_UUID,
    "undo_change": ("number", "invalid", f"Use a whole number from 1 to {MAX_NUMBER}"),
    "import": ("tasks.17.title", "missing", "Field required"),
}
