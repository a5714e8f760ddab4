"""Notifications of users of a server, as they have them from the dispatcher."""

import uuid

from tests.databases import run_as
from tests.server import User

_TELL = """
INSERT INTO my_notification (user_id, id, kind, title, created_at)
VALUES ($1, $2, 'reminder', $1, now())
"""


def told(user: User) -> str:
    """Tell a user something; gives the id of the notification."""
    return tell(user.server.database_url, user.id)


def tell(database_url: str, user_id: str) -> str:
    """Do the same for whoever has this id."""
    notification_id = uuid.uuid4()
    run_as(database_url, user_id, _TELL, user_id, notification_id)
    return str(notification_id)
