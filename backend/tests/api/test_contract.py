"""The contract holds: what is served and what is documented are the same, and tools can use it."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.contract import contract, pointer_to, validator
from tests.server import RunningServer, nobody
from todo_server.domain.text import is_blank
from todo_server.models import TaskCreate

# What an answer may lack: as the tokens, where the password stays.
OPTIONAL = {
    "AccountChanged": {"access_token", "token", "token_type", "expires_in", "refresh_token"},
    "BulkResult": {"task", "error", "message", "details", "current"},
    "Problem": {"current"},
    "ChangedTaskRead": {"next_task"},  # of what repeats alone
}
LOCAL = {"remind_at", "reminder_at"}  # which may be local times
A_NAME = ("OtherSignUp", "username")
PROPERTY = settings(derandomize=True, database=None, deadline=None, max_examples=300)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in contract()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


OPERATIONS = [pytest.param(*found, id=found[2]["operationId"]) for found in operations()]


def schemas_in(node: Any) -> set[str]:
    """The names of all schemas that a part of the contract leads to."""
    if isinstance(node, list):
        return set().union(*map(schemas_in, node))
    if not isinstance(node, dict):
        return set()
    found = set().union(*map(schemas_in, node.values()))
    if "$ref" in node and node["$ref"].startswith("#/components/schemas/"):
        name = node["$ref"].rpartition("/")[2]
        found |= {name} | schemas_in(contract()["components"]["schemas"][name])
    return found


def members(names: set[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name in sorted(names):
        described = contract()["components"]["schemas"][name]
        # The schema of words alone (an enum) has none.
        for member, schema in described.get("properties", {}).items():
            yield name, member, schema


SENT = schemas_in([operation.get("requestBody") for _, _, operation in operations()])
ANSWERED = schemas_in([operation["responses"] for _, _, operation in operations()])


def test_the_served_document_equals_the_contract(server: RunningServer):
    assert httpx.get(f"{server.url}/openapi.json").json() == contract()


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_asks_for_a_token_exactly_if_it_says_so(path, method, operation, server):
    task_id = "019aa3f4-7c00-7e3a-8f52-3d1f0c7a9b11"
    named = ("task", "project", "filter", "series", "notification", "webhook")
    ids = {f"{name}_id": task_id for name in named}
    where = path.format(user_id="me", name="home", number=1, secret="x", **ids)
    with nobody(server) as client:
        refused = client.request(method, where).status_code == 401
    assert refused == (operation["security"] != [])
    assert operation["security"] in ([], contract()["security"])


def test_the_server_of_the_document_is_where_it_comes_from():
    assert [server["url"] for server in contract()["servers"]] == ["/"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_is_described_and_can_fail(path, method, operation):
    assert operation["summary"]
    assert operation["description"]
    assert any(status.startswith("4") for status in operation["responses"])
    assert len(operation["tags"]) == 1
    assert operation["tags"][0] in {tag["name"] for tag in contract()["tags"] if tag["description"]}


def test_no_two_operations_have_one_id():
    ids = [operation["operationId"] for _, _, operation in operations()]
    assert len(ids) == len(set(ids))


def test_no_member_to_send_has_a_default_which_generators_would_take_for_always_there():
    assert {"TaskCreate", "TaskUpdate", "Completion", "SignOut"} <= SENT
    assert [(name, member) for name, member, schema in members(SENT) if "default" in schema] == []


def test_every_member_of_an_answer_is_there_in_every_answer():
    for name in ANSWERED:
        schema = contract()["components"]["schemas"][name]
        missing = set(schema.get("properties", ())) - set(schema.get("required", ()))
        assert missing == OPTIONAL.get(name, set()), name


def test_every_member_says_what_it_is():
    undescribed = {
        (name, member)
        for name, member, schema in members(SENT | ANSWERED)
        if "description" not in schema and "$ref" not in schema
    }
    assert undescribed == set()


def test_members_have_the_formats_that_are_true_of_them():
    for name, member, schema in members(SENT | ANSWERED):
        is_ignored = schema.get("readOnly") or schema.keys() == {"description"}
        if member.endswith("_at") and member not in LOCAL and not is_ignored:
            kinds = [schema, *schema.get("anyOf", ())]
            assert [kind["format"] for kind in kinds if "format" in kind] == ["date-time"], name
        # What some front ends call a username at signing up is a name.
        is_address = member in ("email", "username") and (name, member) != A_NAME
        if name in SENT and is_address:
            assert schema["format"] == "email", (name, member)
        if "password" in member:
            assert schema["format"] == "password", (name, member)
    schemas = contract()["components"]["schemas"]
    for name in ("TaskRead", "SessionRead"):
        assert schemas[name]["properties"]["id"]["format"] == "uuid"
    for name in ("SignUp", "AccountUpdate"):
        assert schemas[name]["properties"]["password"]["minLength"] == 8
    for member in ("type", "instance"):
        assert schemas["Problem"]["properties"][member]["format"] == "uri-reference"


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_bodies_answers_and_errors_have_examples_that_are_valid(path, method, operation):
    places = [("requestBody",), *(("responses", status) for status in operation["responses"])]
    for place in places:
        documented: Any = operation
        for step in place:
            documented = documented.get(step, {})
        for kind, media in documented.get("content", {}).items():
            if kind == "text/html":
                continue  # a page shows itself
            valid = validator(pointer_to("paths", path, method, *place, "content", kind, "schema"))
            assert media["examples"], (place, kind)
            for about, example in media["examples"].items():
                assert valid.is_valid(example["value"]), (place, about)


TITLES = st.text(
    st.one_of(st.sampled_from(" \t\n\0\u200b\u2800\ufeff\U000e0020ab"), st.characters()), max_size=6
)


@PROPERTY
@given(TITLES)
def test_the_contract_takes_the_titles_that_the_server_takes(title: str):
    allowed = validator("/components/schemas/TaskCreate").is_valid({"title": title})
    try:
        TaskCreate.model_validate({"title": title})
        accepted = True
    except ValidationError:
        accepted = False
    # No portable pattern names an invisible character beyond U+FFFF.
    unsayable = is_blank(title) and any(character > "\uffff" for character in title)
    assert allowed == (accepted or (unsayable and "\0" not in title))
