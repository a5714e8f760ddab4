"""What a request with a key costs on the wire, and that the server itself tries it again."""

import itertools

import pytest

from tests.api.idempotency.sending import SENT, new_key
from tests.database.trouble import serving
from tests.databases import run
from tests.server import User

_IN_STEPS = (
    *("update_project_by_patch", "delete_project", "create_tag", "update_tag_by_put"),
    *("update_tag_by_patch", "merge_tag", "delete_tag"),
)
DEARER = {
    **dict.fromkeys(_IN_STEPS, 1),
    "change_tasks": 1,
    "undo_change": 1,
    "purge_task": 1,
    "skip_task": 1,
    "update_settings": 1,
    "update_notification": 1,
    "read_notifications": 1,
    **dict.fromkeys(
        (
            *("create_webhook", "update_webhook", "delete_webhook"),
            *("renew_webhook_secret", "test_webhook"),
        ),
        1,
    ),
    # Looked for at the beginning, and kept in a transaction of its own.
    "empty_trash": 4,
}
"""By how many round trips a new key makes an operation dearer that takes several by itself."""

every_operation = pytest.mark.parametrize("name", SENT)


@every_operation
def test_a_new_key_takes_no_further_round_trip_where_there_is_one(name, proxy):
    sent, counts = SENT[name], []
    with serving(proxy.url, database_pool_size=1) as first:
        for has_key, is_warm in itertools.product((False, True), (False, True)):
            with User(first.server) as user:
                task_id = sent.a_task(user)
                headers = {"Idempotency-Key": new_key()} if has_key else {}
                path = f"/api/{user.id}{sent.path}".format(id=task_id)
                with proxy.counting() as trips:
                    answer = user.request(
                        sent.method, path, json=sent.written(task_id), headers=headers
                    )
                assert answer.is_success, answer.text
                counts += [trips.total()] if is_warm else []
    without, with_key = counts
    assert with_key - without == DEARER.get(name, 0)
    assert (without > 1) is (name in DEARER)


@every_operation
@pytest.mark.parametrize("what", ["cut", "lose"])
def test_what_has_a_key_is_tried_again_where_its_connection_breaks(name, what, proxy, database_url):
    with serving(proxy.url, database_pool_size=1) as user:
        key, task_id = new_key(), SENT[name].a_task(user)
        proxy.expect(key.encode(), what)
        answer = SENT[name].by(user, task_id, key)
        assert proxy.happened.is_set()
        assert answer.is_success, answer.text
        done = changes_of(user.id, database_url)
        again = SENT[name].by(user, task_id, key)
        assert (again.status_code, again.content) == (answer.status_code, answer.content)
        assert changes_of(user.id, database_url) == done


@pytest.mark.parametrize("name", ["change_tasks", "undo_change"])
@pytest.mark.parametrize("what", ["cut", "lose"])
def test_a_transaction_with_a_key_is_in_no_doubt(name, what, proxy, database_url):
    with serving(proxy.url, database_pool_size=1) as user:
        key, task_id = new_key(), SENT[name].a_task(user)
        proxy.expect(b"COMMIT", what)
        answer = SENT[name].by(user, task_id, key)
        assert proxy.happened.is_set()
        assert answer.is_success, answer.text
        numbers = changes_of(user.id, database_url)
        assert SENT[name].by(user, task_id, key).content == answer.content
        assert changes_of(user.id, database_url) == numbers
        assert numbers == list(range(1, len(numbers) + 1))


def changes_of(user_id: str, url: str) -> list[int]:
    rows = run(url, "SELECT number FROM change WHERE user_id = $1 ORDER BY number", user_id)
    return [row["number"] for row in rows]
