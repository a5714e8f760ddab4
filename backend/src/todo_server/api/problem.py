"""The shape of an error, for the contract; `problems.py` writes it."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema

from todo_server.models.fields import without_defaults


class ProblemDetail(BaseModel):
    """One thing that is wrong with one field."""

    field: Annotated[
        str, Field(description="The member, parameter or header at fault.", examples=["title"])
    ]
    code: Annotated[
        str, Field(description="What is wrong, for programs.", examples=["string_too_long"])
    ]
    message: Annotated[
        str,
        Field(
            description="What is wrong, for people.",
            examples=["String should have at most 500 characters"],
        ),
    ]


_URI: dict[str, Any] = {"format": "uri-reference"}


class Problem(BaseModel):
    """What every error looks like (RFC 9457, `application/problem+json`)."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    type: Annotated[
        str,
        Field(
            description="`about:blank`: the title says it all.",
            examples=["about:blank"],
            json_schema_extra=_URI,
        ),
    ]
    title: Annotated[str, Field(description="The status in words.", examples=["Not Found"])]
    status: Annotated[int, Field(description="The HTTP status.", ge=400, le=599, examples=[404])]
    detail: Annotated[
        str,
        Field(
            description="What went wrong and what to send instead, for people.",
            examples=["You have no task with this id."],
        ),
    ]
    instance: Annotated[
        str,
        Field(
            description="The path that was asked for; empty where none could be read.",
            examples=["/api/me/tasks"],
            json_schema_extra=_URI,
        ),
    ]
    error: Annotated[
        str,
        Field(
            description="The code to decide by: it stays, and docs/api.md lists them all.",
            examples=["task_not_found"],
        ),
    ]
    message: Annotated[
        str,
        Field(
            description="The same as `detail`.",
            examples=["You have no task with this id."],
        ),
    ]
    details: Annotated[
        list[ProblemDetail],
        Field(description="What is wrong, field by field: up to 100 entries, often none."),
    ]
    current: Annotated[
        dict[str, Any] | SkipJsonSchema[None],
        Field(
            description="With `version_conflict`: what it is now, as `GET` answers it; with "
            "`tag_exists`: the tag that there is. Absent with any other."
        ),
    ] = None
    request_id: Annotated[
        str,
        Field(
            description="As in the header `X-Request-ID`; the server's log has it, too.",
            examples=["5f0c6a0e9b6b4f0c8f6f0a3c1d2e3f40"],
        ),
    ]
