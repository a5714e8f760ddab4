"""What the contract shows of projects, tags and filters."""

from typing import Any

from todo_server.api.examples.rows import USER_ID
from todo_server.models.settings import NO_ZONE

PROJECT_ID = "019aa3f4-8101-7d2b-9c44-71e0a5b3c6d2"
FILTER_ID = "019aa3f4-8444-7b01-a2d6-0c9b8e7f6a53"
PATH_VALUES = {"project_id": PROJECT_ID, "filter_id": FILTER_ID, "name": "home"}

_ROW = {
    "id": PROJECT_ID,
    "user_id": USER_ID,
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
_TAG = {
    **_ROW,
    "id": "019aa3f4-8233-7e19-8d07-5b2c4f9e1a60",
    "name": "home",
    "position": "r019aa3f482337e198d",
    **_SINCE,
}
_RENAMED = {**_TAG, **_LATER, "name": "Household"}
_QUERY = {"status": "pending", "sort": "title"}
_ROW_OF_FILTER = {"id": FILTER_ID, "user_id": _ROW["user_id"], "name": "To do, by title"}
_FILTER = {
    **_ROW_OF_FILTER,
    "query": _QUERY,
    "position": "r019aa3f484447b01a2",
    **_SINCE,
}
_OTHER_FILTER = {**_FILTER, **_LATER, "query": {"status": "completed"}}
_SETTINGS = {
    "time_zone": "Europe/Berlin",
    "week_start": "monday",
    "email_reminders": False,
    "version": 2,
}
_NO_UUID = "Use a UUID with hyphens"
_NO_PARAMETER = ("query.colour", "unknown_parameter", "'GET …/tasks' has no such parameter")
_NO_ETAG = (
    "If-None-Match",
    "entity_tag",
    'Use the "ETag" of an answer as it stands there, with its quotes',
)
_NO_COLOR = ("color", "invalid", "Use '#' and six hexadecimal digits, or null")

_PROJECT_CHANGES: dict[str, dict[str, Any]] = {
    "a new name and colour": {"name": "House", "color": "#1565c0"},
    "put away": {"archived": True},
    "to the front": {"move": {"first": True}},
}

_TAG_CHANGES: dict[str, dict[str, Any]] = {
    "a new name": {"name": "Household"},
    "a colour": {"color": "#1565c0"},
    "behind all others": {"move": {"last": True}},
}
_FILTER_CHANGES: dict[str, dict[str, Any]] = {
    "another query": {"query": {"status": "completed"}},
    "a new name": {"name": "Done"},
}

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "create_project": {
        "only a name": {"name": "Household"},
        "with a colour": {"name": "Household", "color": "#2e7d32"},
    },
    "update_project_by_put": _PROJECT_CHANGES,
    "update_project_by_patch": _PROJECT_CHANGES,
    "create_tag": {"only a name": {"name": "home"}},
    "update_tag_by_put": _TAG_CHANGES,
    "update_tag_by_patch": _TAG_CHANGES,
    "merge_tag": {"into another": {"into": "Household"}},
    "update_settings": {"a time zone": {"time_zone": "Europe/Berlin"}},
    "create_filter": {"a name and a query": {"name": "To do, by title", "query": _QUERY}},
    "update_filter_by_put": _FILTER_CHANGES,
    "update_filter_by_patch": _FILTER_CHANGES,
}

ANSWERS: dict[str, dict[str, Any]] = {
    "list_projects": {"one project": [{**_PROJECT, "tasks": {"total": 5, "completed": 2}}]},
    "create_project": {"the project": _PROJECT},
    "get_project": {"the project": _PROJECT},
    "update_project_by_put": {"the project": _ARCHIVED},
    "update_project_by_patch": {"the project": _ARCHIVED},
    "list_tags": {"one tag": [{**_TAG, "tasks": {"total": 5, "completed": 2}}]},
    "create_tag": {"the tag": {**_TAG, "color": None}},
    "get_tag": {"the tag": _TAG},
    "update_tag_by_put": {"the tag": _RENAMED},
    "update_tag_by_patch": {"the tag": _RENAMED},
    "merge_tag": {"the other tag": _RENAMED},
    "get_settings": {"the settings": _SETTINGS},
    "update_settings": {"the settings": _SETTINGS},
    "list_filters": {"one filter": [_FILTER]},
    "create_filter": {"the filter": _FILTER},
    "get_filter": {"the filter": _FILTER},
    "update_filter_by_put": {"the filter": _OTHER_FILTER},
    "update_filter_by_patch": {"the filter": _OTHER_FILTER},
}

MISTAKES = {
    "list_projects": ("archived", "invalid", "Use one of false, true, all"),
    "create_project": ("name", "missing", "Field required"),
    "get_project": ("project_id", "uuid_parsing", _NO_UUID),
    "update_project_by_put": _NO_COLOR,
    "update_project_by_patch": _NO_COLOR,
    "delete_project": ("tasks", "invalid", "Use one of keep, delete"),
    "list_tags": _NO_ETAG,
    "list_filters": _NO_ETAG,
    "get_settings": _NO_ETAG,
    "update_settings": ("time_zone", "unknown_time_zone", NO_ZONE),
    "create_tag": ("name", "missing", "Field required"),
    "get_tag": ("name", "string_too_long", "A tag has at most 50 characters"),
    "update_tag_by_put": _NO_COLOR,
    "update_tag_by_patch": _NO_COLOR,
    "delete_tag": ("name", "string_too_long", "A tag has at most 50 characters"),
    "merge_tag": ("into", "not_found", "You have no tag of this name"),
    "create_filter": _NO_PARAMETER,
    "get_filter": ("filter_id", "uuid_parsing", _NO_UUID),
    "update_filter_by_put": _NO_PARAMETER,
    "update_filter_by_patch": _NO_PARAMETER,
    "delete_filter": ("filter_id", "uuid_parsing", _NO_UUID),
    "list_filtered_tasks": ("limit", "invalid", "Use a whole number from 1 to 200"),
}

CURRENT: dict[str, dict[str, Any]] = {
    "update_settings": _SETTINGS,
    **dict.fromkeys(
        ("update_project_by_put", "update_project_by_patch", "delete_project"), _ARCHIVED
    ),
    **dict.fromkeys(
        ("create_tag", "update_tag_by_put", "update_tag_by_patch", "delete_tag", "merge_tag"),
        _TAG,
    ),
    **dict.fromkeys(
        ("update_filter_by_put", "update_filter_by_patch", "delete_filter"), _OTHER_FILTER
    ),
}
"""What a conflict shows as what there is, by operation."""
