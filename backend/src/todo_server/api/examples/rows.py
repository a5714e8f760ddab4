"""Rows that several examples show: tasks, and whose they are."""

from typing import Any

from todo_server.models.task.derived import DATES

TASK_ID = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"

USER_ID = "019aa3f47a5172c3a1d58b4e3f2a6c90"

TASK: dict[str, Any] = {
    "id": TASK_ID,
    "user_id": USER_ID,
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
    **DATES.members,
    "created_at": "2026-11-20T22:00:39.813221Z",
    "updated_at": "2026-11-20T22:00:39.813221Z",
    "version": 1,
}

LATER = {"updated_at": "2026-11-20T22:02:49.634545Z", "version": 2}

DONE = LATER | {"completed": True, "status": "completed", "completed_at": LATER["updated_at"]}

CHANGED = TASK | LATER | {"title": "Buy oat milk", "description": None}

NEWER = TASK | {
    "id": "019aa3f4-9d21-7c55-93a7-60b1de2f4c08",
    "title": "Call grandmother",
    "description": None,
    "created_at": "2026-11-20T22:01:07.105412Z",
    "updated_at": "2026-11-20T22:01:07.105412Z",
}

REPEATED = TASK | {
    "title": "Water the plants",
    "description": None,
    "due_date": "2026-11-23",
    "due_at": "2026-11-23T23:59:59.999999Z",
    "recurrence": "FREQ=WEEKLY;BYDAY=MO",
    "recurrence_pattern": "weekly",
    "is_recurring": True,
    "series_id": TASK_ID,
}

SUCCESSOR = REPEATED | {
    "id": "019aa3f6-5b1c-7c44-9f0e-7d2b6a1c3e58",
    "position": "z019aa3f65b1c7c449f0e7d2b6a",
    "due_date": "2026-11-30",
    "due_at": "2026-11-30T23:59:59.999999Z",
}

EMAIL, PASSWORD = "ada@example.com", "correct horse battery"
ACCOUNT = {
    "id": USER_ID,
    "email": EMAIL,
    "name": "Ada",
    "created_at": "2026-11-20T22:00:12.224079Z",
}


NO_UUID = ("task_id", "uuid_parsing", "Use a UUID with hyphens")
"""What is wrong with a path that names no task."""
