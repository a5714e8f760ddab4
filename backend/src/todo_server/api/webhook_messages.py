"""What is posted to webhooks: for the document alone, as a receiver has to take it."""

from typing import Annotated, Any

from fastapi import APIRouter, Header

from todo_server.api.examples.notifications import UNREAD
from todo_server.api.examples.rows import TASK_ID
from todo_server.api.examples.webhooks import WEBHOOK_ID
from todo_server.models import ChangesMessage, ReminderMessage, TestMessage

MessageId = Annotated[
    str,
    Header(
        alias="webhook-id",
        description="The delivery's id, the same with every attempt: a second one is a repetition.",
        examples=["5b0f7a5e-3a44-4c08-9d7e-2f8f0b1f9c66"],
    ),
]
Timestamp = Annotated[
    int,
    Header(
        alias="webhook-timestamp",
        description="When this attempt was made: seconds since 1970. Refuse old ones.",
        examples=[1796026381],
    ),
]
Signature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="`v1,` and the HMAC-SHA256 of `<id>.<timestamp>.<body>` in base64; several, "
        "with spaces between, while a secret is made anew.",
        examples=["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="],
    ),
]
_TAKEN: dict[int | str, dict[str, Any]] = {
    "2XX": {"description": "It was taken. Whatever else is answered is tried again."},
    410: {"description": "No more, ever: the webhook is disabled."},
}
_REMINDED = {
    "type": "reminder",
    "timestamp": "2026-11-30T08:30:00.031402Z",
    "data": {**UNREAD},
}
_CHANGED = {
    "type": "changes",
    "timestamp": "2026-11-30T08:30:02.731902Z",
    "data": {
        "since": 42,
        "number": 43,
        "more": False,
        "cursor": None,
        "tasks": [],
        "projects": [],
        "tags": [],
        "filters": [],
        "removed": [TASK_ID],
    },
}
_TESTED = {
    "type": "test",
    "timestamp": "2026-11-30T08:13:10.220714Z",
    "data": {"webhook_id": WEBHOOK_ID},
}

_EXAMPLES = {"reminder": _REMINDED, "changes": _CHANGED, "test": _TESTED}

router = APIRouter(tags=["webhooks"])


def illustrate(messages: dict[str, Any]) -> None:
    """Complete what the document has of them; FastAPI would leave out what is null."""
    for name, example in _EXAMPLES.items():
        operation = messages[name]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        content["examples"] = {name: {"value": example}}
        operation["security"] = []
        operation["responses"].pop("422")  # what is answered, its receiver decides


@router.post(
    "reminder",
    summary="A reminder has fired",
    operation_id="webhook_reminder",
    status_code=204,
    response_description="Taken.",
    responses=_TAKEN,
)
async def reminder(
    message: ReminderMessage,
    message_id: MessageId,
    timestamp: Timestamp,
    signature: Signature,
) -> None:
    """Tell of a reminder, for webhooks that ask for `reminders`."""


@router.post(
    "changes",
    summary="Something was changed",
    operation_id="webhook_changes",
    status_code=204,
    response_description="Taken.",
    responses=_TAKEN,
)
async def changes(
    message: ChangesMessage,
    message_id: MessageId,
    timestamp: Timestamp,
    signature: Signature,
) -> None:
    """Tell of the next changes, in their order, for webhooks that ask for `changes`."""


@router.post(
    "test",
    summary="The webhook is tested",
    operation_id="webhook_test",
    status_code=204,
    response_description="Taken.",
    responses=_TAKEN,
)
async def test(
    message: TestMessage,
    message_id: MessageId,
    timestamp: Timestamp,
    signature: Signature,
) -> None:
    """Try the webhook, for `test_webhook`."""
