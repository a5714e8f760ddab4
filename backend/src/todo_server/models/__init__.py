"""The nouns: each file defines a table and the shapes in which clients write and read it."""

from todo_server.models.task import Completion, Task, TaskCreate, TaskRead, TaskUpdate

__all__ = ["Completion", "Task", "TaskCreate", "TaskRead", "TaskUpdate"]
