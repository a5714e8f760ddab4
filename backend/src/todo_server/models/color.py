"""A colour, of a tag or a project."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError
from sqlalchemy import CheckConstraint

_PATTERN = "^#[0-9a-f]{6}$"
_IS_COLOR = re.compile("#[0-9A-Fa-f]{6}")


def color_check() -> CheckConstraint:
    """Hold a column `color` to the form that answers have."""
    return CheckConstraint(f"color ~ '{_PATTERN}'", name="color_form")


def _color(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not _IS_COLOR.fullmatch(value):
        raise PydanticCustomError("invalid", "Use '#' and six hexadecimal digits, or null")
    return value.lower()


Color = Annotated[
    Annotated[str, Field(json_schema_extra={"pattern": "^(#[0-9A-Fa-f]{6})?$"})] | None,
    BeforeValidator(_color),
    Field(description="`#rrggbb`, or `null` for none.", examples=["#2e7d32"]),
]
