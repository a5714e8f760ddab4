"""A condition is looked at in the statement itself: no further round trip, however it ends."""

from collections.abc import Callable

import httpx
import pytest

from tests.database.trouble import a_task, serving
from tests.server import User

CONDITIONAL: dict[str, tuple[int, Callable[[User, str], httpx.Response]]] = {
    "an update that may be": (
        200,
        lambda user, path: user.put(path, json={"title": "x"}, headers={"If-Match": '"1"'}),
    ),
    "an update that comes too late": (
        412,
        lambda user, path: user.patch(path, json={"title": "x"}, headers={"If-Match": '"2"'}),
    ),
    "an update of whatever is there": (
        200,
        lambda user, path: user.patch(path, json={"title": "x"}, headers={"If-Match": "*"}),
    ),
    "an update that changes nothing": (200, lambda user, path: user.patch(path, json={})),
    "completing what was read": (
        200,
        lambda user, path: user.patch(f"{path}/complete", headers={"If-Match": '"3", "1"'}),
    ),
    "completing what has changed": (
        412,
        lambda user, path: user.patch(f"{path}/complete", headers={"If-Match": 'W/"1"'}),
    ),
    "deleting": (204, lambda user, path: user.delete(path)),
    "deleting what was read": (
        204,
        lambda user, path: user.delete(path, headers={"If-Match": '"1"'}),
    ),
    "deleting what has changed": (
        412,
        lambda user, path: user.delete(path, headers={"If-Match": '"2"'}),
    ),
    "a task that is known": (
        304,
        lambda user, path: user.get(path, headers={"If-None-Match": '"1"'}),
    ),
    "a task that is not known": (
        200,
        lambda user, path: user.get(path, headers={"If-None-Match": '"2"'}),
    ),
    "a list that is known": (
        304,
        lambda user, _: user.get(user.path, headers={"If-None-Match": "*"}),
    ),
}


@pytest.mark.parametrize("operation", CONDITIONAL)
def test_an_operation_under_a_condition_is_one_round_trip(operation, proxy):
    status, perform = CONDITIONAL[operation]
    with serving(proxy.url, database_pool_size=1) as user:
        paths = [a_task(user) for _ in range(2)]
        assert perform(user, paths[0]).status_code == status  # which prepares its statement
        with proxy.counting() as trips:
            assert perform(user, paths[1]).status_code == status
        assert (trips.total(), trips["S"]) == (1, 1)


def test_what_is_no_condition_does_not_reach_the_database(proxy):
    with serving(proxy.url, database_pool_size=1) as user:
        path = a_task(user)
        with proxy.counting() as trips:
            for headers in ({"If-Match": "1"}, {"If-Match": ""}):
                assert user.delete(path, headers=headers).status_code == 422
        assert trips.total() == 0
