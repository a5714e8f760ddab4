"""How bodies about a task are read: strictly, and by all names that its members have."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError
from sqlmodel import SQLModel

from todo_server.domain.aliases import (
    ALIASES,
    DUE_TIME,
    DUE_TIME_SCHEMA,
    DisagreementError,
    Either,
    Said,
    resolve,
    settled_of_new,
)
from todo_server.domain.recurrence import RULE_NAME_SCHEMAS, needs_present, read_names, rule_of
from todo_server.models.fields import without_defaults

# Members of a task that a client may echo back; they are ignored and never assigned.
READ_ONLY = (
    "id",
    "user_id",
    "version",
    "created_at",
    "updated_at",
    "completed_at",
    "position",
    "subtasks",
    "due_at",
    "overdue",
    "is_recurring",
    "recurrence_pattern",
    "series_id",
    "next_task",
    "deleted_at",
)
_SPECIAL = frozenset(READ_ONLY) | ALIASES.keys() | {DUE_TIME} | RULE_NAME_SCHEMAS.keys()


def schema_of_input(schema: dict[str, Any], shape: type["TaskInput"]) -> None:
    """Document the read-only members, which may be sent and are ignored, and the other names."""
    without_defaults(schema)
    for name in shape.read_only:
        schema["properties"][name] = {"readOnly": True, "description": "Ignored when sent."}
    for name, alias in ALIASES.items():
        if alias.member in schema["properties"]:
            about = f"Another name of `{alias.member}`."
            schema["properties"][name] = {"description": about, **alias.schema}
    if "recurrence" in schema["properties"]:
        for name, its in RULE_NAME_SCHEMAS.items():
            about = "Another name of `recurrence`, or of a part of it: docs/compatibility.md."
            schema["properties"][name] = {"description": about, **its}
    if "due_date" in schema["properties"]:
        about = "A time of day for a `due_date` that has none."
        schema["properties"][DUE_TIME] = {"description": about, **DUE_TIME_SCHEMA}


class TaskInput(SQLModel):
    """What all writable shapes share: strict types, no unknown members, other names."""

    model_config = ConfigDict(  # type: ignore[assignment]
        extra="forbid", strict=True, json_schema_extra=schema_of_input
    )
    read_only: ClassVar[tuple[str, ...]] = READ_ONLY
    is_new: ClassVar[bool] = False
    """Whether it makes a task, so that nothing is there that names could agree with."""
    disputed: ClassVar[Mapping[str, Said]] = {}
    """Of one body: members about which its names disagree, and what each says."""
    # SQLModel's own is for tables; for a shape, it does the same by a detour through Python.
    __init__ = BaseModel.__init__

    @model_validator(mode="wrap")
    @classmethod
    def _read(
        cls,
        data: Any,  # noqa: ANN401 - a body may be anything
        read: ModelWrapValidatorHandler["TaskInput"],
    ) -> "TaskInput":
        if not isinstance(data, dict) or _SPECIAL.isdisjoint(data):  # as nearly always
            return read(data)
        members = {name: value for name, value in data.items() if name not in cls.read_only}
        members, unknown = resolve(members)
        wrong = {name: (why.code, str(why)) for name, why in unknown.items()}
        said: dict[str, Any] = {}
        if "recurrence" in cls.model_fields and not RULE_NAME_SCHEMAS.keys().isdisjoint(data):
            said, no_rules = cls._take_rule(members, data)
            wrong |= {
                name: (getattr(why, "code", "invalid"), str(why)) for name, why in no_rules.items()
            }
        if wrong:
            raise cls._refusal(wrong)
        shape = cls._settle(read, members)
        if said:
            object.__setattr__(shape, "disputed", {**shape.disputed, "recurrence": [*said.items()]})
        return shape

    @classmethod
    def _take_rule(
        cls, members: dict[str, Any], data: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, ValueError]]:
        """Put the rule that several names speak of into the members, by its own name.

        Gives what they say where it takes what the task has, to know which of them counts.
        """
        for name in RULE_NAME_SCHEMAS:
            members.pop(name, None)
        names = ("recurrence", *RULE_NAME_SCHEMAS)
        said, wrong = read_names({name: data[name] for name in names if name in data})
        if wrong:
            return {}, dict(wrong)
        if not cls.is_new and needs_present(said):
            members["recurrence"] = None  # until it is known
            return said, {}
        try:
            if cls.is_new:
                members.setdefault("recurrence", None)
                if "recurrence" in said or "recurrence" not in data:
                    members["recurrence"] = rule_of(said, None, is_new=True)
            elif "recurrence" not in said:
                rules = {name: rule for name, rule in said.items() if name != "is_recurring"}
                if rules:
                    members["recurrence"] = rule_of(rules, None)
        except ValueError as error:
            return {}, {"recurrence": error}
        return {}, {}

    @classmethod
    def _settle(
        cls, read: ModelWrapValidatorHandler["TaskInput"], members: dict[str, Any]
    ) -> "TaskInput":
        """Read what names disagree about, with each value in turn.

        Of a new task, what is not the default counts; of one that is there, whoever has it says
        (`settled`). Whether it is completed can be null for that: 'not what it is'.
        """
        disputes = {name: its for name, its in members.items() if isinstance(its, Either)}
        members = {name: its for name, its in members.items() if name not in disputes}
        if not disputes:
            return read(members)
        first = {name: its.said[0][1] for name, its in disputes.items()}
        shape = read(members | first)
        fields = shape.__class__.model_fields
        for name, its in disputes.items():
            said = [
                (by, getattr(read(members | first | {name: value}), name)) for by, value in its.said
            ]
            if name == "completed":
                shape.__dict__[name] = None if fields[name].default is None else True
            elif cls.is_new:
                shape.__dict__[name] = cls._settled(name, said, fields[name].default)
            else:
                object.__setattr__(shape, "disputed", {**shape.disputed, name: said})
        return shape

    @classmethod
    def _settled(cls, name: str, said: Said, default: Any) -> Any:  # noqa: ANN401 - any member
        try:
            return settled_of_new(name, said, default)
        except DisagreementError as error:
            raise cls._refusal({name: ("inconsistent", str(error))}) from error

    @classmethod
    def _refusal(cls, wrong: dict[str, tuple[str, str]]) -> ValidationError:
        errors = [
            InitErrorDetails(
                type=PydanticCustomError(code, "{reason}", {"reason": reason}),
                loc=(name,),
                input=None,
            )
            for name, (code, reason) in wrong.items()
        ]
        return ValidationError.from_exception_data(cls.__name__, errors)
