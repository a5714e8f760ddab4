"""The members of a task that clients write: their types, their bounds, and what is wrong else."""

import re
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from todo_server.domain.case_folding import name_key
from todo_server.domain.priority import Priority
from todo_server.domain.text import NO_NUL_PATTERN, VISIBLE_PATTERN
from todo_server.models.fields import row_id, visible, without_nul
from todo_server.models.task.table import (
    CATEGORY_LENGTH,
    DESCRIPTION_LENGTH,
    MAX_TAGS,
    TITLE_LENGTH,
)

TAG_LENGTH = 50
_NOT_IN_TAGS = r"\u0000-\u001f,\u007f-\u009f\u2028\u2029"
TAG_PATTERN = f"^[^{_NOT_IN_TAGS}]*$"
"""Without a comma, a line break or a control character: for the contract."""


def _empty_is_none(value: str | None) -> str | None:
    return value or None


# Patterns are for the contract alone; here, each rule has a sentence of its own.
Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=TITLE_LENGTH),
    visible("A title"),
    Field(
        description="What is to be done: 1 to 500 characters after trimming, at least one visible.",
        examples=["Buy milk"],
        json_schema_extra={"pattern": VISIBLE_PATTERN},
    ),
]
Description = Annotated[
    Annotated[
        str,
        StringConstraints(max_length=DESCRIPTION_LENGTH),
        AfterValidator(without_nul),
        Field(json_schema_extra={"pattern": NO_NUL_PATTERN}),
    ]
    | None,
    AfterValidator(_empty_is_none),
    Field(
        description="More about it, up to 5,000 characters; an empty one becomes `null`.",
        examples=["Two litres, the blue one"],
    ),
]
Completed = Annotated[bool, Field(description="Whether it is done.", examples=[False])]


def _priority(value: Any) -> Any:  # noqa: ANN401 - any JSON
    word = Priority.NONE if value is None else value
    if not isinstance(word, str) or word.lower() not in _PRIORITIES:
        listed = ", ".join(Priority)
        raise PydanticCustomError("invalid", "Use one of {words}", {"words": listed})
    return word.lower()


_PRIORITIES = frozenset(map(str, Priority))
PriorityWord = Annotated[
    str,
    BeforeValidator(_priority),
    Field(
        description="How much it matters; in any case, and `null` is `none`. `medium` if absent.",
        examples=["high"],
    ),
    WithJsonSchema({"type": ["string", "null"], "enum": [*map(str, Priority), None]}),
]


_IN_NO_TAG = re.compile(rf"[{_NOT_IN_TAGS}\ud800-\udfff]")


def tag_name(value: str) -> str:
    """Trim the name of a tag. Raises what pydantic shows for one that no tag can have."""
    name = value.strip()
    if len(name) > TAG_LENGTH:
        raise PydanticCustomError(
            "string_too_long",
            "A tag has at most {max_length} characters",
            {"max_length": TAG_LENGTH},
        )
    if _IN_NO_TAG.search(name):
        raise PydanticCustomError("invalid", "A tag has no comma, line break or control character")
    return str(_visible_tag.func(name))  # type: ignore[call-arg]


_visible_tag = visible("A tag")


_MOST_NAMES = 10 * MAX_TAGS
"""What is read of one list: more would be the same names again and again, or too many."""


def _tags(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Take a list of names, or one text with commas; the same name twice is once."""
    if value is None:
        return []
    if isinstance(value, str):
        value = [name for name in value.split(",") if name.strip()]
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise PydanticCustomError("list_type", "Use a list of names, or names with commas between")
    unique: dict[str, str] = {}
    for each in value[:_MOST_NAMES]:
        name = tag_name(each)
        unique.setdefault(name_key(name), name)
    if len(unique) > MAX_TAGS or len(value) > _MOST_NAMES:
        message = "A task has at most {max_length} tags"
        raise PydanticCustomError("too_long", message, {"max_length": MAX_TAGS})
    return list(unique.values())


Tags = Annotated[
    list[str],
    BeforeValidator(_tags),
    Field(
        description="Names of tags: at most 20 of 1 to 50 characters, in the order and spelling of "
        "your own; the same in another case is the same tag. One text with commas will do.",
        examples=[["home", "Errands"]],
    ),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "array",
                    "maxItems": MAX_TAGS,
                    "items": {
                        "type": "string",
                        "minLength": 1,
                        "maxLength": TAG_LENGTH,
                        "pattern": TAG_PATTERN,
                    },
                },
                {"type": "string", "pattern": TAG_PATTERN.replace(",", "")},
                {"type": "null"},
            ]
        }
    ),
]
Category = Annotated[
    Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=CATEGORY_LENGTH),
        AfterValidator(without_nul),
        Field(json_schema_extra={"pattern": NO_NUL_PATTERN}),
    ]
    | None,
    AfterValidator(_empty_is_none),
    Field(
        description="A label of your own, up to 50 characters; an empty one becomes `null`.",
        examples=["errands"],
    ),
]


def _row_id(value: Any) -> Any:  # noqa: ANN401 - any JSON
    return None if value in (None, "") else row_id(value)


RowId: TypeAlias = Annotated[
    UUID | None,
    BeforeValidator(_row_id),
    WithJsonSchema({"type": ["string", "null"], "format": "uuid"}),
]
"""The id of another row of the user's; null, or an empty text, for none."""

ProjectId = Annotated[RowId, Field(description="The project that it is in, or `null`.")]
ParentId = Annotated[
    RowId,
    Field(description="The task that it is a part of, or `null`; a part has no parts of its own."),
]
