"""What the contract shows of the operations on projects: as `examples.py` on the others."""

from typing import Any

PROJECT_ID = "019aa3f4-8101-7d2b-9c44-71e0a5b3c6d2"
PATH_VALUES = {"project_id": PROJECT_ID}

_ROW = {
    "id": PROJECT_ID,
    "user_id": "019aa3f47a5172c3a1d58b4e3f2a6c90",
    "name": "Household",
    "color": "#2e7d32",
}
_SINCE = {
    "created_at": "2026-11-20T22:00:41.217403Z",
    "updated_at": "2026-11-20T22:00:41.217403Z",
    "version": 1,
}
_LATER = {"updated_at": "2026-11-20T22:05:02.118350Z", "version": 2}
_PROJECT = {**_ROW, "archived": False, "position": "r019aa3f481017d2b9c", **_SINCE}
_ARCHIVED = {**_PROJECT, **_LATER, "archived": True}
_NO_UUID = "Use a UUID with hyphens"
_NO_COLOR = ("color", "invalid", "Use '#' and six hexadecimal digits, or null")

_PROJECT_CHANGES: dict[str, dict[str, Any]] = {
    "a new name and colour": {"name": "House", "color": "#1565c0"},
    "put away": {"archived": True},
    "to the front": {"move": {"first": True}},
}

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "create_project": {
        "only a name": {"name": "Household"},
        "with a colour": {"name": "Household", "color": "#2e7d32"},
    },
    "update_project_by_put": _PROJECT_CHANGES,
    "update_project_by_patch": _PROJECT_CHANGES,
}

ANSWERS: dict[str, dict[str, Any]] = {
    "list_projects": {"one project": [{**_PROJECT, "tasks": {"total": 5, "completed": 2}}]},
    "create_project": {"the project": _PROJECT},
    "get_project": {"the project": _PROJECT},
    "update_project_by_put": {"the project": _ARCHIVED},
    "update_project_by_patch": {"the project": _ARCHIVED},
}

MISTAKES = {
    "list_projects": ("archived", "invalid", "Use one of false, true, all"),
    "create_project": ("name", "missing", "Field required"),
    "get_project": ("project_id", "uuid_parsing", _NO_UUID),
    "update_project_by_put": _NO_COLOR,
    "update_project_by_patch": _NO_COLOR,
    "delete_project": ("tasks", "invalid", "Use one of keep, delete"),
}

CURRENT: dict[str, dict[str, Any]] = dict.fromkeys(
    ("update_project_by_put", "update_project_by_patch", "delete_project"), _ARCHIVED
)
"""What a conflict of versions shows, by operation."""
