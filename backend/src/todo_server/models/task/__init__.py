"""A task: the table, and the shapes in which clients write and read it."""

from todo_server.models.task.input import READ_ONLY, TaskInput
from todo_server.models.task.members import (
    Category,
    Completed,
    Description,
    PriorityWord,
    Tags,
    Title,
)
from todo_server.models.task.move import Move
from todo_server.models.task.shapes import (
    ChangedTaskRead,
    Completion,
    TaskCreate,
    TaskRead,
    TaskUpdate,
    TrashedTaskRead,
)
from todo_server.models.task.table import Task

__all__ = [
    "READ_ONLY",
    "Category",
    "ChangedTaskRead",
    "Completed",
    "Completion",
    "Description",
    "Move",
    "PriorityWord",
    "Tags",
    "Task",
    "TaskCreate",
    "TaskInput",
    "TaskRead",
    "TaskUpdate",
    "Title",
    "TrashedTaskRead",
]
