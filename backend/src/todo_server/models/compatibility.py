"""What existing front ends send to sign up, in and out, read as the server's own shapes."""

from collections.abc import Callable
from typing import Any

from pydantic import ConfigDict, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from todo_server.models.account import SignUp
from todo_server.models.fields import without_defaults
from todo_server.models.session import SignIn, SignOut

IGNORED = {
    "sign_up": (
        *("callbackURL", "image", "rememberMe"),  # Better Auth's client
    ),
    "sign_in": (
        *("callbackURL", "rememberMe", "remember", "remember_me"),
        *("client_id", "client_secret", "grant_type", "scope"),  # OAuth2's form
    ),
    "sign_out": ("refreshToken", "refresh_token", "token"),  # the session's, that ends with it
}
"""Members that are known and change nothing, by operation."""

CONFIRMATION = ("confirmPassword", "confirm_password")
"""Members that have to be as the password is, where they are sent: most forms compare them."""

NAME = ("name", "full_name", "fullName", "username")
"""Members that say what to call a person: the first of them that says something counts."""


def _also(
    operation: str, required: list[str], **others: dict[str, Any]
) -> Callable[[dict[str, Any]], None]:
    """Document the other members that a shape takes."""

    def document(schema: dict[str, Any]) -> None:
        without_defaults(schema)
        for name in IGNORED[operation]:
            schema["properties"][name] = {"description": "Ignored."}
        for name, its in others.items():
            schema["properties"][name] = {"type": "string", **its}
        if required:
            schema["required"] = required

    return document


def _without_ignored(operation: str, sent: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sent.items() if name not in IGNORED[operation]}


def _first(sent: dict[str, Any], names: tuple[str, ...]) -> Any:  # noqa: ANN401 - any JSON
    """Take these members out; give the first that is neither null nor blank."""
    values = [sent.pop(name, None) for name in names]
    said = (v for v in values if v is not None and not (isinstance(v, str) and not v.strip()))
    return next(said, None)


def _refuse_other_password(sent: dict[str, Any]) -> None:
    """Take the confirmations out; raises what pydantic shows where one is another password."""
    said = {name: sent.pop(name, None) for name in CONFIRMATION}
    wrong = PydanticCustomError("inconsistent", "This is another password")
    errors: list[InitErrorDetails] = [
        {"type": wrong, "loc": (name,), "input": None}
        for name, value in said.items()
        if value not in (None, sent.get("password"))
    ]
    if errors:
        raise ValidationError.from_exception_data("OtherSignUp", errors)


_A_NAME = {"description": "What to call the person, where no `name` is sent."}
_CONFIRMED = {"description": "The password again; 422 where it is another.", "format": "password"}


class OtherSignUp(SignUp):
    """A new account; without a name, the person is called what stands before the `@`."""

    model_config = ConfigDict(
        json_schema_extra=_also(
            "sign_up",
            ["email", "password"],
            **dict.fromkeys(NAME[1:], _A_NAME),
            **dict.fromkeys(CONFIRMATION, _CONFIRMED),
        )
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, sent: Any) -> Any:  # noqa: ANN401 - any JSON
        if not isinstance(sent, dict):
            return sent
        members = _without_ignored("sign_up", sent)
        _refuse_other_password(members)
        name, email = _first(members, NAME), members.get("email")
        if name is None and isinstance(email, str):
            name = email.partition("@")[0]
        return members if name is None else members | {"name": name}


class OtherSignIn(SignIn):
    """What an account signs in with: `email`, or `username` in its place, and `password`."""

    model_config = ConfigDict(
        json_schema_extra=_also(
            "sign_in",
            ["password"],
            username={
                "description": "The email address, where no `email` is sent.",
                "format": "email",
            },
        )
    )

    @model_validator(mode="before")
    @classmethod
    def _read(cls, sent: Any) -> Any:  # noqa: ANN401 - as above
        if not isinstance(sent, dict):
            return sent
        members = _without_ignored("sign_in", sent)
        email = _first(members, ("email", "username"))
        return members if email is None else members | {"email": email}


class OtherSignOut(SignOut):
    """Which sessions to end: that of the access token, or all."""

    model_config = ConfigDict(json_schema_extra=_also("sign_out", []))

    @model_validator(mode="before")
    @classmethod
    def _read(cls, sent: Any) -> Any:  # noqa: ANN401 - as above
        return _without_ignored("sign_out", sent) if isinstance(sent, dict) else sent
