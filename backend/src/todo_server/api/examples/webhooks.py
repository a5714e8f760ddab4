"""What the contract shows of the operations on webhooks."""

from typing import Any

from todo_server.api.examples.rows import USER_ID

WEBHOOK_ID = "019ad2c4-5b12-7f0a-8a3e-6c9d1e4b7a25"
PATH_VALUES = {"webhook_id": WEBHOOK_ID}

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="  # noqa: S105 - an example
_WEBHOOK = {
    "id": WEBHOOK_ID,
    "user_id": USER_ID,
    "url": "https://example.com/hooks/todo",
    "events": ["reminders"],
    "enabled": True,
    "error": None,
    "created_at": "2026-11-30T08:12:00.482113Z",
    "updated_at": "2026-11-30T08:12:00.482113Z",
}
_LATER = {"updated_at": "2026-11-30T08:20:41.003518Z"}
_DELIVERY = {
    "id": "5b0f7a5e-3a44-4c08-9d7e-2f8f0b1f9c66",
    "event": "test",
    "status": "waiting",
    "attempts": 0,
    "answered": None,
    "error": None,
    "created_at": "2026-11-30T08:13:10.220714Z",
    "next_at": "2026-11-30T08:13:10.220714Z",
    "finished_at": None,
}
_DELIVERED = _DELIVERY | {
    "status": "delivered",
    "attempts": 1,
    "answered": 204,
    "next_at": None,
    "finished_at": "2026-11-30T08:13:10.731902Z",
}

REQUESTS: dict[str, dict[str, dict[str, Any]]] = {
    "create_webhook": {
        "reminders": {"url": "https://example.com/hooks/todo"},
        "changes as well": {
            "url": "https://example.com/hooks/todo",
            "events": ["reminders", "changes"],
        },
    },
    "update_webhook": {
        "enabled again": {"enabled": True},
        "another place": {"url": "https://example.com/hooks/new"},
        "changes alone": {"events": ["changes"]},
    },
}

ANSWERS: dict[str, dict[str, Any]] = {
    "list_webhooks": {"one webhook": [_WEBHOOK]},
    "create_webhook": {"the webhook": _WEBHOOK | {"secret": _SECRET}},
    "get_webhook": {"the webhook": _WEBHOOK},
    "update_webhook": {"the webhook": _WEBHOOK | _LATER},
    "renew_webhook_secret": {"the webhook": _WEBHOOK | _LATER | {"secret": _SECRET}},
    "test_webhook": {"the delivery": _DELIVERY},
    "list_deliveries": {"a test": [_DELIVERED]},
}

_NO_UUID = ("webhook_id", "uuid_parsing", "Use a UUID with hyphens")
MISTAKES = {
    "list_webhooks": (
        "If-None-Match",
        "entity_tag",
        'Use the "ETag" of an answer as it stands there, with its quotes',
    ),
    "create_webhook": ("url", "invalid_url", "Use an address that is public"),
    "get_webhook": _NO_UUID,
    "update_webhook": ("url", "invalid_url", "Use a URL that begins with https:// or http://"),
    "delete_webhook": _NO_UUID,
    "renew_webhook_secret": _NO_UUID,
    "test_webhook": _NO_UUID,
    "list_deliveries": _NO_UUID,
}
