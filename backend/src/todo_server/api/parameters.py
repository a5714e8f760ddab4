"""Parameters: those that several operations share, and how all are documented."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path
from pydantic import AfterValidator, BeforeValidator
from pydantic_core import PydanticCustomError

from todo_server.api.examples.notifications import NOTIFICATION_ID
from todo_server.api.examples.nouns import FILTER_ID, PROJECT_ID
from todo_server.api.examples.rows import TASK_ID
from todo_server.api.examples.webhooks import WEBHOOK_ID
from todo_server.api.routing.owner_route import OwnerRoute
from todo_server.api.routing.query_reader import names_of
from todo_server.domain.etags import is_condition
from todo_server.domain.identity import USER_ID_LENGTH
from todo_server.models.task.members import TAG_PATTERN, tag_name


def _canonical(value: str) -> str:
    # Python's UUID also takes braces, a URN and none of the hyphens.
    if len(value) != 36 or value.count("-") != 4:  # noqa: PLR2004 - the canonical form
        raise PydanticCustomError("uuid_parsing", "Use a UUID with hyphens")
    return value


# Settled by `OwnerRoute` before anything else is read, and so no argument of an endpoint.
_USER_ID = {
    "name": "user_id",
    "in": "path",
    "required": True,
    "description": "The id of the user whom the token belongs to, or `me`.",
    # Swagger UI fills its form with this, and not with an example of the schema's.
    "example": "me",
    "schema": {"type": "string", "minLength": 1, "maxLength": USER_ID_LENGTH},
}
TaskId = Annotated[
    UUID,
    BeforeValidator(_canonical),
    Path(
        description="The task's id.",
        examples=[TASK_ID],
    ),
]
SeriesId = Annotated[
    UUID, BeforeValidator(_canonical), Path(description="The series' id.", examples=[TASK_ID])
]
ProjectId = Annotated[
    UUID, BeforeValidator(_canonical), Path(description="The project's id.", examples=[PROJECT_ID])
]
FilterId = Annotated[
    UUID, BeforeValidator(_canonical), Path(description="The filter's id.", examples=[FILTER_ID])
]
NotificationId = Annotated[
    UUID,
    BeforeValidator(_canonical),
    Path(description="The notification's id.", examples=[NOTIFICATION_ID]),
]
WebhookId = Annotated[
    UUID, BeforeValidator(_canonical), Path(description="The webhook's id.", examples=[WEBHOOK_ID])
]
TagPath = Annotated[
    str,
    AfterValidator(tag_name),
    Path(
        description="The tag's name, in any case; a slash is `%2F`.",
        examples=["home"],
        json_schema_extra={"pattern": TAG_PATTERN, "minLength": 1},
    ),
]


def _condition(value: str) -> str:
    if not is_condition(value):
        message = 'Use the "ETag" of an answer as it stands there, with its quotes'
        raise PydanticCustomError("entity_tag", message)
    return value


IfMatch = Annotated[
    str | None,
    AfterValidator(_condition),
    Header(
        alias="If-Match",
        description="The `ETag` that it had when it was read: if it has changed since, the "
        "answer is 412 and nothing is done.",
        examples=['"1"'],
    ),
]
IfNoneMatch = Annotated[
    str | None,
    AfterValidator(_condition),
    Header(
        alias="If-None-Match",
        description="The `ETag` of the answer that you have: 304 if it would be the same again.",
        examples=['"1"'],
    ),
]


def document_parameters(operation: dict[str, Any], route: OwnerRoute) -> None:
    """Add the parameters of an operation that FastAPI does not know of: owner, further names."""
    parameters = operation.get("parameters", [])
    in_path = [each for each in parameters if each["in"] == "path"]
    others = [_plain(each) for each in parameters if each["in"] != "path"]
    if route.names_owner:
        in_path.append(_USER_ID)
    by_name = {each["name"]: each for each in others}
    for first, *further in names_of(route.inputs.query_model) if route.inputs.query_model else ():
        schema = {key: value for key, value in by_name[first]["schema"].items() if key != "default"}
        about = f"Another name of `{first}`; send one of the two."
        others += [
            {"name": name, "in": "query", "description": about, "schema": schema}
            for name in further
        ]
    if in_path or others:
        operation["parameters"] = [*in_path, *others]


def _plain(parameter: dict[str, Any]) -> dict[str, Any]:
    """Leave out what says nothing: a title made of the name, a default that nobody can send."""
    schema = dict(parameter["schema"])
    others = [each for each in schema.pop("anyOf", ()) if each != {"type": "null"}]
    schema |= others[0] if len(others) == 1 else {"anyOf": others} if others else {}
    schema = dict(sorted(schema.items(), key=lambda item: item[0] != "type"))
    default = schema.get("default", "")
    if default is None or (schema.get("type") == "string" and not isinstance(default, str)):
        del schema["default"]  # what words are read as, say, and no word
    for name in ("title", "description"):
        schema.pop(name, None)
    about = {k: v for k, v in parameter.items() if k != "schema" and v is not False}
    return {**about, "schema": schema}
