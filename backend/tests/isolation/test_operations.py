"""Every operation as nobody, as the owner and as a stranger, by reflection over the document."""

import itertools
import re
import uuid
from typing import Any, NamedTuple

import pytest

from tests.api.everything.documents import document, row
from tests.filters import every_filter, words_of
from tests.isolation.belongings import NEVER, NOUNS, OTHERS
from tests.server import User, nobody, settings
from todo_server.api.compatibility import OTHER_NAMES, PREFIX
from todo_server.app import create_app
from todo_server.domain.aliases import ALIASES, DUE_TIME
from todo_server.domain.recurrence import RULE_NAME_SCHEMAS
from todo_server.domain.task_query import Sort
from todo_server.models import SettingsRead, TaskRead
from todo_server.models.compatibility import IGNORED

PUBLIC = {
    *("GET /", "GET /livez", "GET /readyz", "GET /.well-known/jwks.json"),
    "GET /api/calendar/{secret}.ics",  # tests/api/calendars tries to read those of others
    *(f"POST /api/auth/{verb}" for verb in ("sign-up", "sign-in", "refresh", "token")),
    *(f"POST {PREFIX}{path}" for path, of in OTHER_NAMES.items() if of != "sign_out"),
}
# The last ones in `test_nouns`.
PATH_PARAMETERS = {"user_id", "task_id", "number", "secret", *NOUNS, *OTHERS}
HEADERS = {"If-Match", "If-None-Match", "Idempotency-Key"}
# Each is sent by a stranger below; the last two are of some answers alone, and echoed.
TASK_MEMBERS = {*TaskRead.model_fields, "next_task", "deleted_at"}
# The same for these, beside those that are called as a task's.
NOUN_MEMBERS = {"name", "color", "archived", "query", "move", "into", "tasks"}
WEBHOOK_MEMBERS = {"url", "events", "enabled", "error"}
BULK_MEMBERS = {"atomic", "commands", "task_ids", "action"}  # and these in `test_bulk`
# Of a document of everything: tests/api/everything/test_import.py tries whose rows it makes.
DOCUMENT_MEMBERS = {
    *("format", "exported_at", "number", "account", "tasks", "trash", "changes"),
    *("projects", "tags", "filters", "settings"),
}
# Whose rows a body can name: `test_references.py`. The other names stand for a member of these.
REFERRING_MEMBERS = {"move", *ALIASES, DUE_TIME, *RULE_NAME_SCHEMAS}
SETTINGS_MEMBERS = set(SettingsRead.model_fields)  # of a row without an id, that nobody can name
NOTIFICATION_MEMBERS = {"read", "ids", "up_to"}  # tests/isolation/test_notifications.py
# Of the account that the token names: there is no other way to say which.
ACCOUNT_MEMBERS = {"everywhere", "current_password", "email", "name", "password"}
# Ignored: tests/api/auth/test_other_names.py sends those of a stranger.
ACCOUNT_MEMBERS |= set(IGNORED["sign_out"])


class Operation(NamedTuple):
    """An operation as the document describes it."""

    method: str
    path: str
    parameters: dict[str, dict[str, Any]]  # by their names
    members: set[str]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def names(self, where: str) -> set[str]:
        """The parameters in the path, or in the query."""
        return {name for name, parameter in self.parameters.items() if parameter["in"] == where}

    def url(self, **values: str) -> str:
        # Everybody has a first change; what else is not given, is nobody's.
        return self.path.format(
            **({"number": "1", **dict.fromkeys((*NOUNS, *OTHERS), NEVER)} | values)
        )

    def own(self, user: User) -> dict[str, str]:
        """What its path names beside a task, made for a user."""
        makers = NOUNS | OTHERS
        return {name: make(user) for name, make in makers.items() if name in self.names("path")}

    def body(self) -> dict[str, Any] | None:
        """One that the operation takes."""
        if "format" in self.members:
            return document(row())
        if "commands" in self.members:
            return {"commands": [{"op": "create", "title": "theirs"}]}
        for member, value in {"read": True, "url": "https://example.com/theirs"}.items():
            if member in self.members:
                return {member: value}
        if "into" in self.members:
            return {"into": "other"}
        if "name" in self.members and "email" not in self.members:
            return {"name": "theirs", **({"query": {}} if "query" in self.members else {})}
        return {"title": "theirs"} if "title" in self.members else ({} if self.members else None)


def members_of(schema: dict[str, Any], document: dict[str, Any]) -> set[str]:
    """The members of a body, of whichever alternative."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return members_of(document["components"]["schemas"][name], document)
    found = set(schema.get("properties", ()))
    for alternative in itertools.chain(*(schema.get(k, ()) for k in ("anyOf", "oneOf", "allOf"))):
        found |= members_of(alternative, document)
    return found


def operations() -> list[Operation]:
    document = create_app(settings("postgresql://")).openapi()
    found = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            members: set[str] = set()
            for content in operation.get("requestBody", {}).get("content", {}).values():
                members |= members_of(content["schema"], document)
            parameters = {p["name"]: p for p in operation.get("parameters", ())}
            found.append(Operation(method.upper(), path, parameters, members))
    return found


OPERATIONS = operations()
OWNED = [operation for operation in OPERATIONS if str(operation) not in PUBLIC]


def with_parameter(name: str) -> Any:
    """Those operations that have a parameter, in the path or in the query."""
    chosen = [operation for operation in OWNED if name in operation.parameters]
    return pytest.mark.parametrize("operation", chosen, ids=str)


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
def test_every_parameter_of_an_operation_is_tried_below(operation):
    elsewhere = set(operation.parameters) - operation.names("query")
    assert elsewhere <= PATH_PARAMETERS | HEADERS, (
        "try it as a stranger in this file, then name it above"
    )
    named = set(re.findall(r"{(\w+)}", operation.path))
    assert named == operation.names("path")
    if operation.path.startswith("/api/{user_id}/"):
        known = TASK_MEMBERS | BULK_MEMBERS | NOUN_MEMBERS | DOCUMENT_MEMBERS | REFERRING_MEMBERS
        known |= SETTINGS_MEMBERS | WEBHOOK_MEMBERS | NOTIFICATION_MEMBERS
        assert not operation.members - known, "the same for these members of the body"
    elif operation in OWNED:
        assert not named, "whose is it?"
        assert not operation.members - ACCOUNT_MEMBERS, "the same for these members of the body"


@pytest.mark.parametrize("operation", OWNED, ids=str)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}], ids=["none", "bad"])
def test_nobody_is_401_everywhere(operation, headers, server, user):
    url = operation.url(user_id=user.id, task_id=user.create()["id"])
    with nobody(server) as client:
        response = client.request(operation.method, url, json=operation.body(), headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert user.tasks()[0]["title"] == "Buy milk"


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_what_is_public_asks_nobody_for_a_token(name, server):
    assert name in map(str, OPERATIONS)
    method, path = name.split()
    with nobody(server) as client:
        assert client.request(method, path).status_code not in {401, 403}


@with_parameter("user_id")
def test_the_path_of_another_user_is_403(operation, user, stranger):
    task = user.create()
    url = operation.url(user_id=user.id, task_id=task["id"])
    response = stranger.request(operation.method, url, json=operation.body())
    assert response.status_code == 403
    assert user.tasks() == [task]


CONDITIONS = [{}, *(dict.fromkeys(sorted(HEADERS), tag) for tag in ('"1"', '"99"', "*"))]


@with_parameter("task_id")
@pytest.mark.parametrize("path_of", ["their id", "me"])
@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda it: it.get("If-Match", "always"))
def test_the_task_of_another_user_is_404_like_one_that_never_was(
    condition, operation, path_of, user, stranger
):
    """Also in the trash, and whatever its version is."""
    task, trashed = user.create(), user.create()
    assert user.delete(f"{user.path}/{trashed['id']}").status_code == 204
    owner = stranger.id if path_of == "their id" else "me"
    problems = []
    for task_id in (task["id"], trashed["id"], str(uuid.uuid4())):
        url = operation.url(user_id=owner, task_id=task_id)
        response = stranger.request(operation.method, url, json=operation.body(), headers=condition)
        assert response.status_code == 404
        problem = response.json()
        assert problem.pop("instance") == url
        del problem["request_id"]
        problems.append((problem, sorted(response.headers)))
    assert problems[0] == problems[1] == problems[2]
    assert user.tasks() == [task]
    assert stranger.tasks() == []


@with_parameter("If-None-Match")
def test_the_tag_of_another_users_answer_is_not_known(operation, user, stranger):
    for each in (user, stranger):  # as empty lists are alike
        each.delete(f"{each.path}/{each.create()['id']}")
        for make in (NOUNS | OTHERS).values():
            make(each)
    theirs, own = user.create(), stranger.create()
    for each in (user, stranger):  # nothing is the same for everybody
        each.delete(f"{each.path}/{each.create()['id']}")
    where = {"user_id": user.id, "task_id": theirs["id"], **operation.own(user)}
    tag = user.get(operation.url(**where)).headers["etag"]
    url = operation.url(user_id=stranger.id, task_id=own["id"], **operation.own(stranger))
    alone = stranger.get(url)
    asked = stranger.get(url, headers={"If-None-Match": tag})
    # The version of one row is a count, which tells nothing of whose it is.
    if "version" in alone.json():
        assert (asked.status_code, asked.headers["etag"]) == (304, tag)
    else:
        assert (asked.status_code, asked.content) == (200, alone.content)


ALSO = ["user_id={victim}", "owner={victim}", "limit=1&sort=title&order=asc&status=pending"]


def queries_of(operation: Operation) -> list[str]:
    """Every word that a parameter takes, or its examples; a cursor is tried below."""
    return [
        f"{name}={word}"
        for name in sorted(operation.names("query") - {"cursor"})
        for word in words_of(name, operation.parameters[name]["schema"])
    ]


QUERIES = [(o, query) for o in OWNED if o.names("query") for query in (*queries_of(o), *ALSO)]


def test_every_word_of_every_parameter_is_among_the_queries():
    tried = {query for _, query in QUERIES}
    assert tried >= {f"{name}={word}" for name in ("sort", "sort_by") for word in Sort}
    assert tried >= {f"{name}={word}" for asked in every_filter() for name, word in asked.items()}
    assert tried >= {"status=incomplete", "order=asc", "sort_order=desc", "limit=20"}
    with pytest.raises(AssertionError, match="neither an enum nor examples of 'search'"):
        words_of("search", {"type": "string"})


@pytest.mark.parametrize(("operation", "query"), QUERIES, ids=str)
def test_no_query_shows_the_task_of_another_user(operation, query, user, stranger):
    theirs = user.create("a secret")
    own = stranger.create()
    url = operation.url(user_id="me", task_id=own["id"], **operation.own(stranger))
    response = stranger.request(operation.method, f"{url}?{query.format(victim=user.id)}")
    assert response.is_success
    assert theirs["id"] not in response.text
    assert theirs["title"] not in response.text


@with_parameter("cursor")
def test_the_cursor_of_another_user_is_refused(operation, user, stranger):
    user.create("first")
    user.create("second")
    page = user.get(user.path, params={"limit": 1})
    cursor = page.links["next"]["url"].partition("cursor=")[2]
    own = {"task_id": stranger.create()["id"], **operation.own(stranger)}
    url = operation.url(user_id=stranger.id, **own)
    response = stranger.get(url, params={"limit": 1, "cursor": cursor})
    assert response.status_code == 400


@pytest.mark.parametrize(
    ("operation", "member"),
    [
        (o, m)
        for o in OWNED
        if "user_id" in o.parameters and "format" not in o.members
        if not o.path.endswith("/settings")  # which are of no task
        for m in sorted(o.members & TASK_MEMBERS)
    ],
    ids=str,
)
def test_no_member_of_a_body_reaches_the_task_of_another_user(operation, member, user, stranger):
    task = user.create("mine", description="mine")
    its = {**task, "next_task": task, "deleted_at": task["created_at"]}
    own = stranger.create()
    url = operation.url(user_id=stranger.id, task_id=own["id"], **operation.own(stranger))
    response = stranger.request(
        operation.method, url, json=(operation.body() or {}) | {member: its[member]}
    )
    assert response.is_success, response.text
    assert response.json()["user_id"] == stranger.id
    assert response.json()["id"] != task["id"]
    assert user.tasks() == [task]
