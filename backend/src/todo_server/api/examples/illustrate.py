"""The document shows bodies that clients send, the answers to them, and mistakes."""

from typing import Any

from todo_server.api.compatibility import OTHER_NAMES, operation_id_of
from todo_server.api.examples import (
    accounts,
    calendars,
    changes,
    notifications,
    nouns,
    operating,
    repeating,
    tasks,
    webhooks,
)
from todo_server.api.examples.rows import CHANGED, TASK_ID
from todo_server.errors import (
    AlreadyChangedError,
    TagExistsError,
    ValidationFailedError,
    VersionConflictError,
)

_PATH_VALUES = {
    "user_id": "me",
    "task_id": TASK_ID,
    "number": 43,
    "series_id": TASK_ID,
    "secret": "x",
    **nouns.PATH_VALUES,
    **notifications.PATH_VALUES,
    **webhooks.PATH_VALUES,
}
_REQUESTS: dict[str, dict[str, Any]] = {
    **tasks.REQUESTS,
    **changes.REQUESTS,
    **nouns.REQUESTS,
    **notifications.REQUESTS,
    **webhooks.REQUESTS,
    **accounts.REQUESTS,
}
"""Bodies by operation, each under the name of what it shows."""

_ANSWERS: dict[str, dict[str, Any]] = {
    **tasks.ANSWERS,
    **repeating.ANSWERS,
    **changes.ANSWERS,
    **nouns.ANSWERS,
    **notifications.ANSWERS,
    **webhooks.ANSWERS,
    **calendars.ANSWERS,
    **accounts.ANSWERS,
    **operating.ANSWERS,
}
"""Answers of success by operation, but for those without a body."""

_MISTAKES: dict[str, tuple[str, str, str]] = {
    **tasks.MISTAKES,
    **repeating.MISTAKES,
    **changes.MISTAKES,
    **nouns.MISTAKES,
    **notifications.MISTAKES,
    **webhooks.MISTAKES,
    **calendars.MISTAKES,
    **accounts.MISTAKES,
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
                    example["value"] |= {"current": nouns.CURRENT.get(name, CHANGED)}
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
