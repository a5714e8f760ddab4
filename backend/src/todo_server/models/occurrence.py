"""A date that a repeating task will have."""

from typing import Annotated

from pydantic import BaseModel, Field


class Occurrence(BaseModel):
    """One date of a rule, in the kind that the task has."""

    due_date: Annotated[str, Field(description="When it will be due.", examples=["2026-12-07"])]
    start_date: Annotated[str | None, Field(description="When it can begin then, or `null`.")]
