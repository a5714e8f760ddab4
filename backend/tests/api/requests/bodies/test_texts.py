"""Odd texts are kept as they were sent."""

from collections.abc import Callable

import pytest

from tests.api.requests.bodies.sending import JSON, in_json
from tests.server import User

VERBATIM = {
    "500 letters": "a" * 500,
    "500 astral characters": "\U0001f642" * 500,
    "500 characters of the last plane": "\U0010fffd" * 500,
    "right-to-left override": "invoice\u202efdp.exe",
    "a family": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
    "a flag of tags": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
    "a hundred accents": "e" + "\u0301" * 100,
    "composed and decomposed stay different": "\u00e9 e\u0301 \u212b \u00c5",
    "letters that grow in lower case": "\u0130" * 500,
    "letters that grow in upper case": "\u00df\ufb03" * 250,
    "private use": "\uf8ff",
    "the newest emoji": "\U0001fae9",
    "what nobody has assigned": "\u0378\U0003fffd",
    "noncharacters": "a\ufffe\uffff\ufdd0\U0010ffff",
    "the replacement character": "\ufffd",
    "controls inside": "a\u0001\u001b[31m\u007f\u0085b",
    "line separators inside": "a\u2028b\u2029c\nd\r\ne",
    "zero-width spaces around": "\u200ba\u200b",
    "a byte-order mark before": "\ufeffa",
    "SQL": "'; DROP TABLE task; --",
    "a format string": "%s %n {0} ${x} {{x}} $1 :name",
    "markup": "<script>alert(1)</script>&amp;",
    "JSON": '{"a": "\\u0041 \\\\ \\""}',
    "like patterns": "100% _ \\",
}


@pytest.mark.parametrize("text", VERBATIM.values(), ids=list(VERBATIM))
@pytest.mark.parametrize("escaped", [True, False], ids=["escaped", "as it is"])
def test_odd_text_is_kept_verbatim_by_every_operation(user: User, text: str, escaped: bool):
    body = in_json({"title": text, "description": text}, escaped=escaped)
    created = user.post(user.path, content=body, headers=JSON).json()
    assert (created["title"], created["description"]) == (text, text)
    path = f"{user.path}/{created['id']}"
    assert user.get(path).json() == created
    for method in ("PUT", "PATCH"):
        user.request(method, path, json={"title": "another", "description": None})
        changed = user.request(method, path, content=body, headers=JSON).json()
        moved = {name: created[name] for name in ("updated_at", "version")}
        assert changed | moved == created
    for sort in ("created_at", "updated_at", "title"):
        assert changed in user.tasks(sort=sort, limit=200)


def test_a_description_of_5000_astral_characters_is_kept(user: User):
    text = "".join(chr(0x1F300 + n % 512) for n in range(5000))
    task = user.create(description=text)
    assert user.task(task["id"]).json()["description"] == text


@pytest.mark.parametrize("around", [" ", "\u00a0", "\u3000", "\t\r\n", "\u2028"])
def test_a_title_of_500_after_trimming_is_kept(user: User, around: str):
    assert user.create(around * 30 + "a" * 500 + around * 30)["title"] == "a" * 500


def distinct(length: int, seed: int) -> str:
    """Astral text that does not compress."""
    return "".join(chr(0x20000 + (n * 7919 + seed * 104_729) % 40_000) for n in range(length))


def test_the_longest_texts_of_the_longest_user_fit_every_index(new_user: Callable[..., User]):
    user = new_user(distinct(255, 1))
    user.path = "/api/me/tasks"
    made = [user.create(distinct(500, n), description=distinct(5000, n)) for n in range(3)]
    for sort in ("created_at", "updated_at", "title"):
        listed = []
        response = user.get(user.path, params={"sort": sort, "limit": 1})
        while "next" in response.links:
            listed += response.json()
            response = user.get(response.links["next"]["url"])
        listed += response.json()
        assert sorted(listed, key=lambda task: task["id"]) == made
    own_path = f"/api/{user.id}/tasks"
    assert user.get(own_path).json() == user.tasks()
    location = user.post(own_path, json={"title": "x"}).headers["location"]
    assert user.get(location).json()["title"] == "x"


def test_titles_that_tie_in_what_is_sorted_are_all_listed_once(user: User):
    titles = ["\U00020000" * 200 + tail for tail in "dbacfe"] + ["\U00020000" * 200] * 5
    made = {user.create(title)["id"] for title in titles}
    for order in ("asc", "desc"):
        listed = []
        response = user.get(user.path, params={"sort": "title", "order": order, "limit": 2})
        while True:
            listed += [task["id"] for task in response.json()]
            if "next" not in response.links:
                break
            response = user.get(response.links["next"]["url"])
        assert len(listed) == len(titles) + 1
        assert made < set(listed)
