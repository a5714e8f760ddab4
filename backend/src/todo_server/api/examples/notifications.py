"""What the contract shows of the operations on notifications."""

from typing import Any

from todo_server.api.examples.rows import TASK_ID, USER_ID

NOTIFICATION_ID = "019ad2b1-3a60-7c4e-9b1f-7d5e3c2a1f08"
PATH_VALUES = {"notification_id": NOTIFICATION_ID}

UNREAD = {
    "id": NOTIFICATION_ID,
    "user_id": USER_ID,
    "kind": "reminder",
    "task_id": TASK_ID,
    "title": "Buy milk",
    "due_date": "2026-11-30T09:00:00Z",
    "remind_at": "2026-11-30T08:30:00.000000Z",
    "details": None,
    "created_at": "2026-11-30T08:30:00.031402Z",
    "read_at": None,
}
_READ = UNREAD | {"read_at": "2026-11-30T08:41:17.560911Z"}

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "update_notification": {"read": {"read": True}, "unread again": {"read": False}},
    "read_notifications": {
        "all": {},
        "what was shown": {"up_to": NOTIFICATION_ID},
        "some": {"ids": [NOTIFICATION_ID]},
    },
}

ANSWERS: dict[str, dict[str, Any]] = {
    "list_notifications": {"one reminder": [UNREAD]},
    "update_notification": {"the notification": _READ},
    "read_notifications": {"three of four": {"marked": 3, "unread": 1}},
}

MISTAKES = {
    "list_notifications": ("limit", "invalid", "Use a whole number from 1 to 200"),
    "update_notification": ("read", "missing", "Field required"),
    "read_notifications": ("up_to", "uuid_parsing", "Use a UUID with hyphens"),
}
