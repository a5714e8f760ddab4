"""The operations on a user's webhooks."""

from fastapi import APIRouter, Request, Response

from todo_server import errors
from todo_server.api import links
from todo_server.api.answers import LISTED, NOT_MODIFIED, content_answer
from todo_server.api.examples.webhooks import WEBHOOK_ID
from todo_server.api.failures import failures
from todo_server.api.parameters import IfNoneMatch, WebhookId
from todo_server.api.routing.dependencies import Mine
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.responses import JSONBytes
from todo_server.models import (
    DeliveryRead,
    WebhookCreate,
    WebhookMade,
    WebhookRead,
    WebhookUpdate,
)
from todo_server.services import webhooks

_MISSING = failures(errors.WebhookNotFoundError)
_SECRET = (b"cache-control", b"no-store")

router = APIRouter(route_class=OwnerRoute, tags=["webhooks"])


def _may_be_private(request: Request) -> bool:
    allowed: bool = request.scope["app"].state.webhook_private_addresses
    return allowed


@router.get(
    "/api/{user_id}/webhooks",
    summary="List webhooks",
    operation_id="list_webhooks",
    response_model=list[WebhookRead],
    response_description="The webhooks, the oldest first.",
    responses={200: LISTED, 304: NOT_MODIFIED},
)
async def list_webhooks(mine: Mine, if_none_match: IfNoneMatch = None) -> Response:
    """List the user's webhooks, of which there are 10 at most."""
    return content_answer(await webhooks.list_webhooks(mine), if_none_match)


@router.post(
    "/api/{user_id}/webhooks",
    summary="Create a webhook",
    operation_id="create_webhook",
    status_code=201,
    response_model=WebhookMade,
    response_description="The new webhook, with its secret.",
    responses={
        201: {"headers": {"Location": links.location(f"/api/me/webhooks/{WEBHOOK_ID}")}},
        **failures(errors.LimitReachedError),
    },
)
async def create_webhook(webhook: WebhookCreate, request: Request, mine: Mine) -> Response:
    """Create a webhook: an address to which is posted what it asks for.

    Messages are signed as [Standard Webhooks](https://www.standardwebhooks.com) has it. The secret
    is answered this once. It is told of nothing that was before.
    """
    allowed = _may_be_private(request)
    made = await webhooks.create_webhook(mine, webhook, private_addresses=allowed)
    location = links.to_new(request, made[0].decode())
    return JSONBytes(made[2], 201, location, _SECRET)


@router.get(
    "/api/{user_id}/webhooks/{webhook_id}",
    summary="Get a webhook",
    operation_id="get_webhook",
    response_model=WebhookRead,
    response_description="The webhook, without its secret.",
    responses=_MISSING,
)
async def get_webhook(webhook_id: WebhookId, mine: Mine) -> Response:
    """Get one webhook."""
    return JSONBytes(await webhooks.get_webhook(mine, webhook_id))


@router.patch(
    "/api/{user_id}/webhooks/{webhook_id}",
    summary="Change a webhook",
    operation_id="update_webhook",
    response_model=WebhookRead,
    response_description="The webhook as it is now.",
    responses=_MISSING,
)
async def update_webhook(
    webhook_id: WebhookId, change: WebhookUpdate, request: Request, mine: Mine
) -> Response:
    """Change a webhook: absent members stay as they are.

    What waits for it is tried again at once, or dropped where it is not asked for any more. After
    it was disabled, or did not ask for `changes`, it is told of those from now on.
    """
    allowed = _may_be_private(request)
    (body,) = await webhooks.update_webhook(mine, webhook_id, change, private_addresses=allowed)
    return JSONBytes(body)


@router.delete(
    "/api/{user_id}/webhooks/{webhook_id}",
    summary="Delete a webhook",
    operation_id="delete_webhook",
    status_code=204,
    response_description="It is gone, and so is what waited for it.",
    responses=_MISSING,
)
async def delete_webhook(webhook_id: WebhookId, mine: Mine) -> Response:
    """Delete a webhook, and what waits for it."""
    await webhooks.delete_webhook(mine, webhook_id)
    return Response(status_code=204)


@router.post(
    "/api/{user_id}/webhooks/{webhook_id}/secret",
    summary="Make a new secret",
    operation_id="renew_webhook_secret",
    response_model=WebhookMade,
    response_description="The webhook, with its new secret.",
    responses=_MISSING,
)
async def renew_webhook_secret(webhook_id: WebhookId, mine: Mine) -> Response:
    """Make a new secret, which is answered this once.

    For 24 hours every message has two signatures, one by the new secret and one by the old, so that
    the receiver can go over from one to the other.
    """
    (body,) = await webhooks.renew_secret(mine, webhook_id)
    return JSONBytes(body, 200, _SECRET)


@router.post(
    "/api/{user_id}/webhooks/{webhook_id}/test",
    summary="Test a webhook",
    operation_id="test_webhook",
    status_code=202,
    response_model=DeliveryRead,
    response_description="The delivery, which waits to be sent.",
    responses=failures(errors.WebhookNotFoundError, errors.WebhookDisabledError),
)
async def test_webhook(webhook_id: WebhookId, mine: Mine) -> Response:
    """Send a message of the type `test`, once, before all that waits for the webhook.

    What came of it is among its deliveries a moment later. If it is taken, what waits for the next
    attempt is sent at once.
    """
    (body,) = await webhooks.send_test(mine, webhook_id)
    return JSONBytes(body, 202)


@router.get(
    "/api/{user_id}/webhooks/{webhook_id}/deliveries",
    summary="List deliveries",
    operation_id="list_deliveries",
    response_model=list[DeliveryRead],
    response_description="The deliveries, the newest first.",
    responses={200: LISTED, 304: NOT_MODIFIED, **_MISSING},
)
async def list_deliveries(
    webhook_id: WebhookId, mine: Mine, if_none_match: IfNoneMatch = None
) -> Response:
    """List the last 100 deliveries of a webhook: what waits, what was taken, and what was not."""
    return content_answer(await webhooks.list_deliveries(mine, webhook_id), if_none_match)
