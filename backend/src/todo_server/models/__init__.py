"""The nouns: each file defines a table and the shapes in which clients write and read it."""

from todo_server.models.account import (
    Account,
    AccountDelete,
    AccountRead,
    AccountUpdate,
    Attempt,
    Refresh,
    RefreshToken,
    Session,
    SessionRead,
    SignIn,
    SigningKey,
    SignOut,
    SignUp,
    Tokens,
)
from todo_server.models.task import Completion, Task, TaskCreate, TaskRead, TaskUpdate

__all__ = [
    "Account",
    "AccountDelete",
    "AccountRead",
    "AccountUpdate",
    "Attempt",
    "Completion",
    "Refresh",
    "RefreshToken",
    "Session",
    "SessionRead",
    "SignIn",
    "SignOut",
    "SignUp",
    "SigningKey",
    "Task",
    "TaskCreate",
    "TaskRead",
    "TaskUpdate",
    "Tokens",
]
