"""Several changes of tasks in one request: the shapes in which clients write them."""

from todo_server.models.bulk.commands import (
    CompleteCommand,
    CreateCommand,
    DeleteCommand,
    MoveCommand,
    OneCommand,
    RestoreCommand,
    UpdateCommand,
)
from todo_server.models.bulk.request import Bulk, BulkAction, BulkCommands
from todo_server.models.bulk.results import BulkResults

__all__ = [
    "Bulk",
    "BulkAction",
    "BulkCommands",
    "BulkResults",
    "CompleteCommand",
    "CreateCommand",
    "DeleteCommand",
    "MoveCommand",
    "OneCommand",
    "RestoreCommand",
    "UpdateCommand",
]
