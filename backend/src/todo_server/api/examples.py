"""What the contract shows of each operation: bodies that clients send, and the answers to them."""

from typing import Any

from todo_server import __version__
from todo_server.api import notification_examples as notifications
from todo_server.api import noun_examples as nouns
from todo_server.api import webhook_examples as webhooks
from todo_server.api.compatibility import OTHER_NAMES, operation_id_of
from todo_server.domain.changes_query import MAX_NUMBER
from todo_server.errors import (
    AlreadyChangedError,
    TagExistsError,
    ValidationFailedError,
    VersionConflictError,
)

TASK_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"
_PATH_VALUES = {
    "user_id": "me",
    "task_id": TASK_ID,
    "number": 43,
    **nouns.PATH_VALUES,
    **notifications.PATH_VALUES,
    "series_id": TASK_ID,
    **webhooks.PATH_VALUES,
    "secret": "x",
}

_USER_ID = "019aa3f47a5172c3a1d58b4e3f2a6c90"
_EMAIL, _PASSWORD = "ada@example.com", "correct horse battery"
_CREDENTIALS = {"email": _EMAIL, "password": _PASSWORD}
_NO_DATES: dict[str, Any] = {
    "start_date": None,
    "due_date": None,
    "time_zone": None,
    "due_at": None,
    "overdue": False,
    "recurrence": None,
    "recurrence_pattern": "none",
    "is_recurring": False,
    "recurrence_basis": "due",
    "reminders": [],
    "remind_at": None,
    "series_id": None,
}
_TASK = {
    "id": TASK_ID,
    "user_id": _USER_ID,
    "title": "Buy milk",
    "description": "Two litres, the blue one",
    "completed": False,
    "status": "pending",
    "completed_at": None,
    "priority": "medium",
    "tags": [],
    "category": None,
    "project_id": None,
    "parent_id": None,
    "position": "z019aa3f47c007e3a8f523d1f0c",
    "subtasks": {"total": 0, "completed": 0},
    **_NO_DATES,
    "created_at": "2026-11-20T22:00:39.813221Z",
    "updated_at": "2026-11-20T22:00:39.813221Z",
    "version": 1,
}
_LATER = {"updated_at": "2026-11-20T22:02:49.634545Z", "version": 2}
_CHANGED = _TASK | _LATER | {"title": "Buy oat milk", "description": None}
_NEWER = _TASK | {
    "id": "019aa3f4-9d21-7c55-93a7-60b1de2f4c08",
    "title": "Call grandmother",
    "description": None,
    "created_at": "2026-11-20T22:01:07.105412Z",
    "updated_at": "2026-11-20T22:01:07.105412Z",
}
_REPEATED = _TASK | {
    "title": "Water the plants",
    "description": None,
    "due_date": "2026-11-23",
    "due_at": "2026-11-23T23:59:59.999999Z",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO",
    "recurrence_pattern": "weekly",
    "is_recurring": True,
    "series_id": TASK_ID,
}
_SUCCESSOR = _REPEATED | {
    "id": "019aa3f6-5b1c-7c44-9f0e-7d2b6a1c3e58",
    "position": "z019aa3f65b1c7c449f0e7d2b6a",
    "due_date": "2026-11-30",
    "due_at": "2026-11-30T23:59:59.999999Z",
}
_TRASHED = _CHANGED | {"deleted_at": "2026-11-20T22:04:10.002915Z"}
_ACCOUNT = {
    "id": _USER_ID,
    "email": _EMAIL,
    "name": "Ada",
    "created_at": "2026-11-20T22:00:12.224079Z",
}
_FEED = (
    "/api/calendar/MDE5YWEzZjQ3YTUxNzJjM2ExZDU4YjRlM2YyYTZjOTA."
    "Nn5c1RkuT0yXq3vB8sWzJd6hLmP9aGfE2iKoQrStUvY.ics"
)
_CALENDAR = {"active": True, "created_at": "2026-11-20T22:05:31.550284Z", "read_on": None}
_TOKEN = "eyJ0eXAiOiJhdCtqd3QiLCJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl"  # noqa: S105 - of nobody
_PAIR = {
    "access_token": _TOKEN,
    "token": _TOKEN,
    "token_type": "bearer",
    "expires_in": 900,
    "refresh_token": "d_9D-mw0OeKDoGh4b_bdYCg9UZQkf5L2sOSKW4Z1RcM",
}
_TOKENS = {
    **_PAIR,
    "user_id": _USER_ID,
    "user_name": "Ada",
    "user": _ACCOUNT,
}
_SESSION = {
    "id": "019aa3f4-7a51-7a9e-b1c0-5e2d4f6a8b01",
    "created_at": "2026-11-20T22:00:12.224079Z",
    "expires_at": "2026-12-20T22:00:12.224079Z",
    "user": _ACCOUNT,
}
_KEY = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    "kid": "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U",
    "alg": "ES256",
    "use": "sig",
}
_CHANGES: dict[str, dict[str, Any]] = {
    "a new title": {"title": "Buy oat milk"},
    "no description": {"description": None},
    "both, and done": {"title": "Buy oat milk", "description": "The grey one", "completed": True},
}

_NO_OTHERS: dict[str, Any] = {"projects": [], "tags": [], "filters": []}
_FOLLOWED = {
    "number": 43,
    "more": False,
    "cursor": None,
    "tasks": [_CHANGED],
    "projects": [],
    "tags": [],
    "filters": [],
    "removed": [],
}
_UNDONE = {"updated_at": "2026-11-20T22:03:11.402718Z", "version": 3}
_HISTORY = [
    {
        "number": 43,
        "at": _CHANGED["updated_at"],
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
_EXPORT = {
    "format": "todo-server/1",
    "exported_at": "2026-11-21T08:00:00.417023Z",
    "number": 3,
    "account": _ACCOUNT,
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
            "user_id": _USER_ID,
            "name": "Errands",
            "color": "#2e7d32",
            "position": "r019aa3f48c137f608e",
            "created_at": "2026-11-20T22:00:44.051872Z",
            "updated_at": "2026-11-20T22:00:44.051872Z",
            "version": 1,
        }
    ],
    "filters": [],
    "tasks": [_TASK],
    "trash": [
        _NEWER | {"version": 2, "deleted_at": "2026-11-20T22:02:49.634545Z"},
    ],
    "changes": [
        {
            "number": 3,
            "at": "2026-11-20T22:02:49.634545Z",
            "kind": "deleted",
            "noun": "task",
            "row_id": _NEWER["id"],
            "before": {"deleted_at": None},
            "origin": "a5cb5d30a8df4f938072b76f1cfa0a46 curl/8.14.1",
            "batch": None,
            "undoes": None,
        }
    ],
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

_REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
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
                {"op": "delete", "id": _NEWER["id"], "if_version": 1},
            ]
        },
        "what can be completed": {
            "task_ids": [TASK_ID, _NEWER["id"]],
            "action": "complete",
            "atomic": False,
        },
    },
    **nouns.REQUESTS,
    **notifications.REQUESTS,
    **webhooks.REQUESTS,
    "import": {"an export": _EXPORT},
    "sign_up": {"a new account": {"email": _EMAIL, "name": "Ada", "password": _PASSWORD}},
    "sign_in": {"sign in": _CREDENTIALS},
    "token": {
        "the form": {"grant_type": "password", "username": _EMAIL, "password": _PASSWORD},
    },
    "refresh": {"the newest token": {"refresh_token": _PAIR["refresh_token"]}},
    "sign_out": {"this session": {}, "all sessions": {"everywhere": True}},
    "register": {"a name under another name": {"full_name": "Ada", **_CREDENTIALS}},
    "signup": {"no name": _CREDENTIALS},
    "sign_up_email": {
        "Better Auth's client": {"name": "Ada", **_CREDENTIALS, "callbackURL": "/dashboard"},
    },
    "login": {"sign in": {"username": _EMAIL, "password": _PASSWORD}},
    "signin": {"sign in": _CREDENTIALS},
    "sign_in_email": {"Better Auth's client": {**_CREDENTIALS, "rememberMe": True}},
    "logout": {"this session": {}, "with a token": {"refresh_token": _PAIR["refresh_token"]}},
    "update_account": {
        "a new name": {"current_password": _PASSWORD, "name": "Ada Lovelace"},
        "a new password": {"current_password": _PASSWORD, "password": "another horse battery"},
    },
    "delete_account": {"consent": {"current_password": _PASSWORD}},
}
"""Bodies by operation, each under the name of what it shows."""

_ANSWERS: dict[str, dict[str, Any]] = {
    "list_tasks": {
        "two tasks": [_NEWER, _TASK],
        "a page with a number": {
            "tasks": [_NEWER, _TASK],
            "total": 42,
            "page": 2,
            "page_size": 2,
            "pages": 21,
            "has_more": True,
        },
        "where lists are objects": {"tasks": [_NEWER, _TASK], "total": 2},
    },
    "count_tasks": {"some": {"count": 42}},
    "get_stats": {"two tasks, one of them done": _STATS},
    "create_task": {
        "only a title": _TASK | {"description": None},
        "with a description": _TASK,
    },
    "get_task": {"the task": _TASK},
    "update_task_by_put": {"the task": _CHANGED},
    "update_task_by_patch": {"the task": _CHANGED},
    "complete_task": {
        "the task": _TASK | _LATER | {"completed": True},
        "one that repeats": _REPEATED | _LATER | {"completed": True, "next_task": _SUCCESSOR},
    },
    "skip_task": {
        "a week later": _REPEATED
        | _LATER
        | {name: _SUCCESSOR[name] for name in ("due_date", "due_at")}
    },
    "list_occurrences": {
        "two dates": [
            {"due_date": "2026-11-30", "start_date": None},
            {"due_date": "2026-12-07", "start_date": None},
        ]
    },
    "list_series": {"one open, one done": [_SUCCESSOR, _REPEATED | _LATER | {"completed": True}]},
    "list_trash": {
        "one task": [_TRASHED],
        "where lists are objects": {"tasks": [_TRASHED], "total": 1},
    },
    "restore_task": {"the task": _CHANGED | {"version": 4}},
    "change_tasks": {
        "made, changed, deleted": {
            "results": [
                {"status": 201, "task": _TASK | {"description": None}},
                {"status": 200, "task": _TASK | _LATER},
                {"status": 204},
            ]
        },
        "one of two completed": {
            "results": [
                {"status": 200, "task": _TASK | _LATER | {"completed": True}},
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
    "list_changes": {
        "one change": _FOLLOWED,
        "nothing new": _FOLLOWED | {"tasks": []},
        "the first page of all there is": {
            "number": 43,
            "more": True,
            "cursor": "Jkad9twrSXZbIjQzIl0",
            "tasks": [_CHANGED],
            **_NO_OTHERS,
            "removed": [],
        },
        "one that is gone": _FOLLOWED | {"tasks": [], "removed": [TASK_ID]},
    },
    "list_task_history": {"one change": _HISTORY},
    "undo_change": {"the task": _FOLLOWED | {"number": 44, "tasks": [_TASK | _UNDONE]}},
    **nouns.ANSWERS,
    **notifications.ANSWERS,
    **webhooks.ANSWERS,
    "list_filtered_tasks": {"two tasks": [_NEWER, _TASK]},
    "get_calendar": {
        "one that is read": _CALENDAR | {"read_on": "2026-11-21"},
        "none": {"active": False, "created_at": None, "read_on": None},
    },
    "make_calendar": {
        "the address": _CALENDAR | {"url": f"https://todo.example.com{_FEED}", "path": _FEED}
    },
    "export": {"everything": _EXPORT},
    "import": {"all of it was new": {"created": 2, "left": 0}},
    "sign_up": {"tokens": _TOKENS},
    "sign_in": {"tokens": _TOKENS},
    "token": {"tokens": _TOKENS},
    "refresh": {"tokens": _TOKENS},
    "get_session": {"the session": _SESSION},
    "me": {"the account": _ACCOUNT},
    "update_account": {
        "a new name": _ACCOUNT | {"name": "Ada Lovelace"},
        "a new password": _ACCOUNT | _PAIR,
    },
    "get_key_set": {"one key": {"keys": [_KEY]}},
    "home": {
        "where to go": {
            "name": "todo-server",
            "version": __version__,
            "documentation": "/docs",
            "contract": "/openapi.json",
            "live": "/livez",
            "ready": "/readyz",
        }
    },
    "livez": {"alive": {"status": "ok"}},
    "readyz": {"ready": {"status": "ok"}},
}
"""Answers of success by operation, but for those without a body."""

_WRONG = ("current_password", "wrong", "This is not the present password")
_NO_KEY = ("Idempotency-Key", "invalid", "Send one key of 1 to 255 visible ASCII characters")
_NO_UUID = ("task_id", "uuid_parsing", "Use a UUID with hyphens")

_MISTAKES = {
    "list_tasks": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "count_tasks": ("project_id", "invalid", "Use an id, or none"),
    "create_task": ("title", "missing", "Field required"),
    "list_changes": ("since", "invalid", f"Use a whole number from 0 to {MAX_NUMBER}"),
    "list_task_history": _NO_UUID,
    "undo_change": ("number", "invalid", f"Use a whole number from 1 to {MAX_NUMBER}"),
    "get_task": _NO_UUID,
    "update_task_by_put": ("title", "blank", "A title needs at least one visible character"),
    "update_task_by_patch": ("title", "blank", "A title needs at least one visible character"),
    "delete_task": _NO_UUID,
    "list_trash": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "restore_task": _NO_UUID,
    "purge_task": _NO_UUID,
    "empty_trash": _NO_KEY,
    "complete_task": ("completed", "bool_type", "Input should be a valid boolean"),
    "skip_task": _NO_UUID,
    "list_occurrences": ("count", "invalid", "Use a whole number from 1 to 100"),
    "list_series": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "change_tasks": ("commands.0.title", "missing", "Field required"),
    **nouns.MISTAKES,
    **notifications.MISTAKES,
    **webhooks.MISTAKES,
    "read_calendar": ("as", "invalid", "Use one of tasks, events"),
    "import": ("tasks.17.title", "missing", "Field required"),
    "sign_up": ("password", "too_short", "Use at least 8 characters"),
    "sign_in": ("email", "email", "Use an address like name@example.com"),
    "token": ("username", "missing", "Field required"),
    "refresh": ("refresh_token", "missing", "Field required"),
    "sign_out": ("everywhere", "bool_type", "Input should be a valid boolean"),
    "update_account": _WRONG,
    "delete_account": _WRONG,
}
"""For 422, by operation: a field, the code, and the sentence."""

_OTHER_NAMES = {operation_id_of(path): name for path, name in OTHER_NAMES.items()}
"""The operations that another one answers as."""


def illustrate(operation: dict[str, Any], path: str) -> None:
    """Show bodies, answers and errors of an operation in the document, as it has them."""
    name = operation["operationId"]
    its_own = _OTHER_NAMES.get(name, name)
    requests, answers = _REQUESTS.get(name, {}), _ANSWERS.get(its_own, {})
    for media in operation.get("requestBody", {}).get("content", {}).values():
        media["examples"] = {about: {"value": body} for about, body in requests.items()}
    for response in operation["responses"].values():
        for kind, media in response.get("content", {}).items():
            if kind == "application/json":
                media["examples"] = {about: {"value": body} for about, body in answers.items()}
            if kind != "application/problem+json":
                continue
            for code, example in media["examples"].items():
                example["value"] |= {"instance": path.format(**_PATH_VALUES)}
                if code in (VersionConflictError.code, TagExistsError.code):
                    example["value"] |= {"current": nouns.CURRENT.get(name, _CHANGED)}
                if code == AlreadyChangedError.code:
                    message = "Changed again by change 44"
                    detail = {"field": "title", "code": code, "message": message}
                    example["value"] |= {"details": [detail]}
                if code == ValidationFailedError.code:
                    field, reason, message = _MISTAKES[its_own]
                    example["value"] |= {
                        "detail": f"{field}: {message}",
                        "message": f"{field}: {message}",
                        "details": [{"field": field, "code": reason, "message": message}],
                    }
