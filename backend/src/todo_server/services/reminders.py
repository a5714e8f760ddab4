"""Reminding: what is due of one user becomes notifications, as that user, exactly once.

One statement marks instants as fired and makes the notifications of them, so that there is never
one without the other, however many do it and whoever is killed in between.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    bindparam,
    func,
    insert,
    literal_column,
    not_,
    select,
    tuple_,
    update,
)

from todo_server.database import (
    OWNER_ID,
    Database,
    Write,
    constant,
    is_owners,
    owner_view,
    write_statement,
)
from todo_server.domain.identity import Identity
from todo_server.domain.uuid7 import uuid7
from todo_server.models import Notification, Reminder, Task
from todo_server.services.dispatching import settling
from todo_server.services.one_row import NOW

ERRAND = "reminders"

LEASE = timedelta(seconds=10)
"""For how long a user is one's own: longer than a step takes, so that two seldom meet. Where they
do, the second finds nothing that is due."""

STEP = 200
"""Reminders that one transaction fires: the user's own requests wait for its end."""

ORIGIN = "dispatch todo-server"


async def remind(database: Database, owner: str) -> int:
    """Fire all reminders of a user that are due; give how many, and say when the next one is."""
    fired, last = 0, STEP
    while last == STEP:
        mine = database.of(Identity(owner), ORIGIN)
        last = await mine.run(_FIRE, now=mine.now, ids=_ids(mine.now))
        fired += last
    return fired


def _ids(now: datetime) -> list[UUID]:
    """Make ids whose order is theirs."""
    return [uuid7(now + number * timedelta(microseconds=1)) for number in range(STEP)]


_reminders, _tasks = owner_view(Reminder), owner_view(Task)
_notifications = owner_view(Notification)
_step = literal_column(str(STEP), Integer)


def _fire_due() -> Write[int]:
    key = (_reminders.c.task_id, _reminders.c.remind_at)
    is_left = (is_owners(_reminders), _reminders.c.fired_at.is_(None))
    due = (
        select(*key)
        .where(*is_left, _reminders.c.remind_at <= NOW)
        .order_by(_reminders.c.remind_at, _reminders.c.task_id)
        .limit(_step)
        .cte("due")
    )
    fired = (
        update(_reminders)
        .where(*is_left, tuple_(*key).in_(select(*due.c)))
        .values(fired_at=NOW)
        .returning(*key)
        .cte("fired")
    )
    place = func.row_number().over(order_by=(fired.c.remind_at, fired.c.task_id))
    placed = select(*fired.c, place.label("place")).cte("placed")
    ids = (
        func.unnest(bindparam("ids", type_=ARRAY(Uuid)))
        .table_valued("id", with_ordinality="place", name="ids")
        .render_derived()
    )
    values = {
        "id": ids.c.id,
        "kind": constant("reminder"),
        "task_id": _tasks.c.id,
        "title": _tasks.c.title,
        "due_date": _tasks.c.due_date,
        "remind_at": placed.c.remind_at,
        "created_at": NOW,
    }
    # Reminders of what is completed or deleted are gone by the triggers; none fires by mistake.
    row = (
        select(OWNER_ID, *values.values())
        .select_from(placed.join(ids, ids.c.place == placed.c.place))
        .join(_tasks, _tasks.c.id == placed.c.task_id)
        .where(is_owners(_tasks), not_(_tasks.c.completed))
    )
    made = insert(_notifications).from_select(["user_id", *values], row).cte("made")
    left = (
        select(_reminders.c.remind_at)
        .where(*is_left, tuple_(*key).not_in(select(*due.c)))
        .order_by(_reminders.c.remind_at)
        .limit(literal_column("1"))
    )
    settled = settling(ERRAND, left.scalar_subquery())
    return write_statement(select(func.count()).select_from(fired).add_cte(made, *settled))


_FIRE = _fire_due()
