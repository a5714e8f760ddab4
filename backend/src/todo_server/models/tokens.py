"""The tokens that signing in, refreshing and a new password answer."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from todo_server.models.account import AccountRead
from todo_server.models.fields import without_defaults

AccessToken = Annotated[str, Field(description="For the header `Authorization: Bearer …`.")]
SameToken = Annotated[str, Field(description="The same as `access_token`.")]
TokenType = Annotated[Literal["bearer"], Field(description="How to send it (RFC 6750).")]
ExpiresIn = Annotated[int, Field(description="Seconds until the access token expires.")]
NextRefreshToken = Annotated[str, Field(description="Exchange it for the next pair, once.")]


def _always_there(schema: dict[str, Any]) -> None:
    """Document a member with a default as what it is in an answer: there."""
    without_defaults(schema)
    schema["required"] = list(schema["properties"])


class Tokens(BaseModel):
    """What signing in gives."""

    model_config = ConfigDict(json_schema_extra=_always_there)

    access_token: AccessToken
    token: SameToken
    token_type: TokenType = "bearer"  # noqa: S105 - what OAuth2 calls it
    expires_in: ExpiresIn
    refresh_token: NextRefreshToken
    user_id: Annotated[str, Field(description="The same as `user.id`.")]
    user_name: Annotated[str, Field(description="The same as `user.name`.")]
    user: AccountRead


def _absent_not_null(schema: dict[str, Any]) -> None:
    """Document members that are left out of an answer where there is nothing to say."""
    without_defaults(schema)
    for member in schema["properties"].values():
        member.update(member.pop("anyOf", [{}])[0])


class AccountChanged(AccountRead):
    """The account as it is now, and the tokens of a new session where the password was changed."""

    model_config = ConfigDict(json_schema_extra=_absent_not_null)

    access_token: AccessToken | None = None
    token: SameToken | None = None
    token_type: TokenType | None = None
    expires_in: ExpiresIn | None = None
    refresh_token: NextRefreshToken | None = None
