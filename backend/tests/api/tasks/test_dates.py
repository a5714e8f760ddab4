"""Dates of tasks over HTTP: what is sent is answered, of the same kind, and found by its day."""

from typing import Any

from tests.server import User


def test_x(user: User):
    a = user.create(due_date="2020-02-29")
    b = user.create(due_date="2999-02-28T09:00")
    c = user.create(due_date="2999-02-28T09:00:00Z", time_zone="Asia/Kathmandu")
    d = user.create()

    def ids(**q: Any) -> list[str]:
        r = user.get(user.path, params=q)
        assert r.status_code == 200, r.text
        return [{a["id"]: "a", b["id"]: "b", c["id"]: "c", d["id"]: "d"}[t["id"]] for t in r.json()]

    assert ids(sort="due_date") == list("abcd")
    assert ids(sort="due_date", order="desc") == list("cbad")
    assert ids(sort="due_date", limit=1) == list("a")
    assert ids(status="overdue") == ["a"]
    assert ids(due="overdue") == ["a"]
    assert ids(due="none") == ["d"]
    assert ids(due="any") == list("cba")
    assert ids(due="today") == []
    assert ids(due="tomorrow") == []
    assert ids(due="week") == []
    assert ids(due_after="2021-01-01") == ["c", "b"]
    assert ids(due_before="2999-02-28") == ["c", "b", "a"]
    assert ids(due_to="2999-02-28T08:59") == ["a"]
    assert ids(has_due_date="false") == ["d"]
    assert ids(is_recurring="false") == list("dcba")
    assert ids(is_recurring="true", due_from="2999-01-01T00:00:00 05:00") == []
