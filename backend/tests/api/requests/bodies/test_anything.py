"""Whatever comes is kept or refused, and never an error of the server's."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.requests.bodies.sending import JSON, in_json, writings
from tests.properties import PROPERTY
from tests.server import User

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=()))
)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8
)
TASKS = st.fixed_dictionaries(
    {"title": st.text(st.characters(exclude_categories=())) | ANYTHING},
    optional={"description": st.text() | ANYTHING, "completed": st.booleans() | ANYTHING},
)


@settings(PROPERTY, max_examples=150)
@given(body=TASKS)
def test_any_task_is_either_kept_as_it_was_sent_or_refused(user: User, body: dict[str, Any]):
    response = user.post(user.path, content=in_json(body), headers=JSON)
    assert response.status_code in (201, 422)
    if response.status_code == 201:
        task = response.json()
        assert task["title"] in body["title"]
        assert task["description"] == (body.get("description") or None)
        assert task["completed"] is body.get("completed", False)
        assert user.task(task["id"]).json() == task


@settings(PROPERTY, max_examples=150)
@given(body=st.binary(max_size=200) | st.text('{}[]":,0123456789eE.-+truefalsn\\u').map(str.encode))
def test_any_bytes_are_answered_without_an_error_of_the_servers(user: User, body: bytes):
    for method, path in writings(user, "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"):
        response = user.request(method, path, content=body, headers=JSON)
        assert response.status_code in (400, 404, 422)
