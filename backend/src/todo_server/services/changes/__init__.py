"""The log of changes as users have it: delta sync, the history of a row, and undo."""

from todo_server.services.changes.following import ChangesPage, list_changes
from todo_server.services.changes.history import HistoryPage, list_task_history
from todo_server.services.changes.undoing import undo_change

__all__ = ["ChangesPage", "HistoryPage", "list_changes", "list_task_history", "undo_change"]
