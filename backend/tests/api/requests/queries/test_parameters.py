"""Parameters that are not what they should be."""

import pytest

from tests.api.requests.queries.asking import ask, check_refused
from tests.server import User
from todo_server.domain.task_query import TaskQuery

NO_LIMITS = [
    "",
    "0",
    "-1",
    "-0",
    "201",
    "1000",
    "1e9",
    "1e2",
    "9223372036854775808",
    "1_0",
    "1.0",
    "5.",
    ".5",
    "+5",
    "%2B5",
    "%205",
    "5%20",
    "5%0A",
    "5%00",
    "%00",
    "%D9%A1",  # Arabic-Indic
    "%EF%BC%95",  # full width
    "%C2%B2",  # superscript
    "%E2%85%A4",  # a Roman numeral
    "%FF",
    "%",
    "%zz",
    "0x5",
    "0b1",
    "0000000005",
    "NaN",
    "Infinity",
    "null",
    "true",
    "all",
    "5,6",
    "5;6",
    "[5]",
    "'5'",
    "5%20OR%201=1",
    "9" * 5000,
]


@pytest.mark.parametrize("value", NO_LIMITS, ids=[value[:20] or "empty" for value in NO_LIMITS])
def test_a_limit_is_a_whole_number_from_1_to_200(user: User, value: str):
    check_refused(ask(user, f"limit={value}"), "limit", "invalid")


CHOICES = {
    "status": ["later", "ALL", "Pending", "pending%20", "pending,completed", "yes", "0", "null"],
    "tag_match": ["ANY", "all,any", "or"],
    "sort": ["id", "user_id", "colour", "TITLE", "--title", "title,id", "title,", "title%20desc"],
    "order": ["ASC", "ascending", "up", "-1", "asc%0A", "asc,desc", "random()", "null"],
}
# Whatever else takes words is tried with what they are not.
CHOICES |= {
    name: [form for word in words for form in (word.upper(), f"{word}%20", f"{word},{word}")]
    for name, schema in TaskQuery.model_json_schema()["properties"].items()
    if (words := schema.get("enum")) and name not in CHOICES
}
ALIASES = {"sort_by": "sort", "sort_order": "order", "completed": "status"}
MAY_BE_EMPTY = {"status", "completed", "tag_match"}
NASTY = ["", "%00", "%FF", "%F0%9F%99%82", "%27;DROP%20TABLE%20task;--", "(select%201)", "a" * 5000]


@pytest.mark.parametrize("name", [*CHOICES, *ALIASES])
def test_nothing_but_the_documented_choices_is_taken(user: User, name: str):
    for value in CHOICES[ALIASES.get(name, name)] + NASTY[name in MAY_BE_EMPTY :]:
        check_refused(ask(user, f"{name}={value}"), name, "invalid")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("limit=1&limit=1", "limit"),
        ("limit=1&limit=2", "limit"),
        ("limit=1&utm=x&%6Cimit=1", "limit"),
        ("q=x&search=x", "search"),
        ("completed=true&status=completed", "status"),
        ("page=1&page=1", "page"),
        ("page_size=1&per_page=1", "per_page"),
        ("offset=1&skip=1", "skip"),
        ("project_id=none&project_id=none", "project_id"),
        ("status=all&status=pending", "status"),
        ("sort=title&sort=title", "sort"),
        ("sort=title&sort_by=title", "sort_by"),
        ("sort_by=title&sort=updated_at", "sort"),
        ("sort_by=title&sort_by=title", "sort_by"),
        ("order=asc&sort_order=desc", "sort_order"),
        ("sort_order=asc&order=asc", "order"),
        ("cursor=x&cursor=x", "cursor"),
    ],
)
def test_a_parameter_given_twice_is_422_by_whatever_name(user: User, query: str, field: str):
    check_refused(ask(user, query), field, "repeated")


def test_each_parameter_at_fault_is_named(user: User):
    response = ask(user, "limit=0&sort_by=x&order=&status=later&cursor=&limit=5")
    found = [(detail["field"], detail["code"]) for detail in response.json()["details"]]
    assert found == [
        ("limit", "invalid"),
        ("sort_by", "invalid"),
        ("order", "invalid"),
        ("status", "invalid"),
        ("cursor", "invalid"),
        ("limit", "repeated"),
    ]


def test_a_thousand_faults_get_a_short_answer(user: User):
    response = ask(user, "&".join(["limit=0"] * 1000))
    assert (response.status_code, len(response.json()["details"])) == (422, 100)


@pytest.mark.parametrize(
    "query",
    [
        "find=%00",
        "find=%25",
        "find=%ff",
        "search[]=x&search[]=y",
        "limit[]=0",
        "limit%5B%5D=0",
        "LIMIT=0",
        "%20limit=0",
        "limit%00=0",
        "limit.=0",
        "__proto__=1",
        "__proto__[limit]=0",
        "=0",
        "&&&",
        "=",
        "&=&",
        "?limit=0",
        ";limit=0",
        "%",
        "%%%",
        "+",
        "user_id=somebody",
        "start=9999999999999999999",
        "access_token=x",
        "limit",
        "_=" + "a" * 7000,
    ],
)
def test_what_is_no_known_parameter_is_ignored(user: User, query: str):
    response = ask(user, query)
    if query == "limit":  # a known one, without a value
        check_refused(response, "limit", "invalid")
    else:
        assert [task["title"] for task in response.json()] == ["b", "a", "c"]


@pytest.mark.parametrize("excess", [0, 1])
def test_a_url_of_8_kib_is_the_longest(user: User, excess: int):
    length = 8 * 1024 - len(user.path) - len("_=") + excess
    response = ask(user, "_=" + "a" * length)
    assert response.status_code == (414 if excess else 200)
    if excess:
        assert response.json()["error"] == "uri_too_long"


WRONG = {
    "search": ["%00", "a" * 201, "%20".join(map(str, range(21)))],
    "priority": ["higher", "1", "high,", "low;high", "%00", "none,never"],
    "tags": ["%00", "a" * 51, ",".join(map(str, range(21)))],
    "category": ["%00", "a" * 51],
    "project_id": ["1", "null", "nobody", "019aa3f47c007e3a8f523d1f0c7a9b11", "%00", "none,none"],
    "updated_since": [
        "2026-11-30",
        "2026-11-30T09:00:00",
        "2026-02-30T09:00:00Z",
        "0001-01-01T00:00:00%2B05:00",
        "9999-12-31T23:59:59-05:00",
        "2026-11-30T24:01:00Z",
        "20261130T090000Z",
        "now",
        "1764493200",
        "%D9%A2026-11-30T09:00:00Z",
    ],
    "page": ["0", "-1", "1.0", "1000001", "", "last"],
    "page_size": ["0", "201", ""],
    "offset": ["-1", "200000001", ""],
}
WRONG |= {"parent_id": WRONG["project_id"], "completed_since": WRONG["updated_since"]}


@pytest.mark.parametrize("name", WRONG)
def test_a_filter_takes_nothing_that_it_does_not_understand(user: User, name: str):
    for value in WRONG[name]:
        if (name, value) == ("priority", "high,"):
            continue  # a comma too many says nothing
        response = ask(user, f"{name}={value}")
        found = [detail["field"] for detail in response.json()["details"]]
        assert (response.status_code, found) == (422, [name]), value


NO_FILTERS = [
    *(
        "status=",
        "completed=",
        "search=",
        "q=%20%22%22",
        "priority=",
        "tags=",
        "tag=,",
        "tag_match=",
    ),
    *("category=", "project_id=", "parent_id=", "updated_since=", "completed_since="),
    *("status=all", "priority=all", "tags=all", "category=all", "project_id=all", "parent_id=all"),
    *("updated_since=all", "completed_since=all", "tag_match=any", "priority=&priority="),
]


@pytest.mark.parametrize("query", NO_FILTERS)
def test_an_empty_value_or_all_is_no_filter(user: User, query: str):
    assert [task["title"] for task in ask(user, query).json()] == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=1&cursor=x", "page"),
        ("offset=1&cursor=x", "offset"),
        ("page_size=1&cursor=x", "page_size"),
        ("page=1&offset=1", "offset"),
        ("page_size=1&limit=1", "page_size"),
    ],
)
def test_a_page_is_asked_for_in_one_way(user: User, query: str, field: str):
    check_refused(ask(user, query), field, "exclusive")
