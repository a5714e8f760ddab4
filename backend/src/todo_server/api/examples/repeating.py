"""What the contract shows of tasks that repeat."""

from typing import Any

from todo_server.api.examples.rows import DONE, LATER, NO_UUID, REPEATED, SUCCESSOR

ANSWERS: dict[str, dict[str, Any]] = {
    "skip_task": {
        "a week later": REPEATED
        | LATER
        | {name: SUCCESSOR[name] for name in ("due_date", "due_at")}
    },
    "list_occurrences": {
        "two dates": [
            {"due_date": "2026-11-30", "start_date": None},
            {"due_date": "2026-12-07", "start_date": None},
        ]
    },
    "list_series": {"one open, one done": [SUCCESSOR, REPEATED | DONE]},
}
MISTAKES = {
    "skip_task": NO_UUID,
    "list_occurrences": ("count", "invalid", "Use a whole number from 1 to 100"),
    "list_series": ("limit", "invalid", "Use a whole number from 1 to 200"),
}
