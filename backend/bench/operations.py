"""Every operation, with a plain request that it answers: what the search starts from."""

from hostile import Target

EMAIL, *LEAVING = [f"{name}@example.com" for name in ("ada", "bea", "eve", "zoe", "kim")]
PASSWORD = "correct horse battery"
# Two tags are looked up by one statement, whose first answer is repeated: it is the same tag.
_OF_REPEATING = ("skip_task", "list_series")
# Nothing was told to an account that has just been made; no calendar is at a made-up address.
_OF_NOTHING_THERE = ("update_notification", "read_calendar")
REFUSED = (
    *("refresh", "undo_change", "merge_tag", *_OF_REPEATING, *_OF_NOTHING_THERE),
    *("no operation", "a preflight"),
)
"""What is refused even where nothing about it is hostile: it would not be searched any deeper."""


def targets(token: str, tasks: list[str], leaving: list[str]) -> list[Target]:
    """All operations, by the token of an account, its tasks, and the tokens of four that end.

    Of the tasks, the first one lives, and the two others are in the trash.
    """
    changed_account, deleted_account, signing_out, logging_out = leaving
    email, password = ("email", EMAIL), ("password", PASSWORD)
    new = ("email", "bob@example.com")
    current = ("current_password", PASSWORD)
    path, *trashed = (f"/api/me/tasks/{task}" for task in tasks)
    restored, purged = (path.replace("tasks", "trash") for path in trashed)
    commands = [{"op": "create", "title": "Buy milk"}, {"op": "delete", "id": tasks[0]}]
    task = (("title", "Buy milk"), ("description", "Two"), ("completed", True), ("id", "x"))
    return [
        Target("sign_up", "POST", "/api/auth/sign-up", (new, ("name", "Bob"), password)),
        Target("sign_in", "POST", "/api/auth/sign-in", (email, password)),
        Target("token", "POST", "/api/auth/token", (("username", EMAIL), password), is_form=True),
        Target("refresh", "POST", "/api/auth/refresh", (("refresh_token", "x" * 43),)),
        Target("get_session", "GET", "/api/auth/session", token=token),
        Target(
            "update_account",
            "PATCH",
            "/api/auth/account",
            (current, ("email", LEAVING[0]), ("name", "Bea"), password),
            token=changed_account,
        ),
        Target("delete_account", "DELETE", "/api/auth/account", (current,), token=deleted_account),
        Target(
            "sign_out", "POST", "/api/auth/sign-out", (("everywhere", False),), token=signing_out
        ),
        *other_names(token, logging_out),
        Target("list_tasks", "GET", "/api/me/tasks", token=token),
        Target("count_tasks", "GET", "/api/me/tasks/count", token=token),
        Target("get_stats", "GET", "/api/me/stats", token=token),
        Target("create_task", "POST", "/api/me/tasks", task, token=token),
        Target("get_task", "GET", path, token=token),
        Target("list_occurrences", "GET", f"{path}/occurrences", token=token),
        Target("list_task_history", "GET", f"{path}/history", token=token),
        Target("update_task_by_put", "PUT", path, task, token=token),
        Target("update_task_by_patch", "PATCH", path, task, token=token),
        Target("complete_task", "PATCH", f"{path}/complete", task[2:], token=token),
        Target(
            "change_tasks", "POST", "/api/me/tasks/bulk", (("commands", commands),), token=token
        ),
        Target("skip_task", "POST", f"{path}/skip", token=token),
        Target("list_series", "GET", path.replace("tasks", "series"), token=token),
        Target("delete_task", "DELETE", path, token=token),
        Target("list_trash", "GET", "/api/me/trash", token=token),
        Target("restore_task", "POST", f"{restored}/restore", token=token),
        Target("purge_task", "DELETE", purged, token=token),
        Target("empty_trash", "DELETE", "/api/me/trash", token=token),
        Target("list_changes", "GET", "/api/me/changes", token=token),
        Target("undo_change", "POST", "/api/me/changes/999999/undo", token=token),
        Target("export", "GET", "/api/me/export", token=token),
        Target(
            "import",
            "POST",
            "/api/me/import",
            (("format", "todo-server/1"), ("tasks", [])),
            token=token,
        ),
        Target("make_calendar", "POST", "/api/me/calendar", token=token),
        Target("get_calendar", "GET", "/api/me/calendar", token=token),
        Target("read_calendar", "GET", f"/api/calendar/YQ.{'x' * 43}.ics?as=events"),
        Target("end_calendar", "DELETE", "/api/me/calendar", token=token),
        Target("get_key_set", "GET", "/.well-known/jwks.json"),
        Target("home", "GET", "/"),
        Target("livez", "GET", "/livez"),
        Target("readyz", "GET", "/readyz"),
        Target("no operation", "GET", "/nowhere"),
        Target("a preflight", "OPTIONS", "/api/me/tasks"),
    ]


def other_names(token: str, logging_out: str) -> list[Target]:
    """The operations under `compatibility`."""
    login = (("username", EMAIL), ("password", PASSWORD))
    email = (("email", EMAIL), ("password", PASSWORD), ("rememberMe", True))

    def new(name: str, *others: tuple[str, str]) -> tuple[tuple[str, str], ...]:
        return (("email", f"{name}@example.com"), ("password", PASSWORD), *others)

    return [
        Target("register", "POST", "/api/auth/register", new("dan", ("full_name", "Dan"))),
        Target("signup", "POST", "/api/auth/signup", new("fay")),
        Target("sign_up_email", "POST", "/api/auth/sign-up/email", new("gus", ("name", "Gus"))),
        Target("login", "POST", "/api/auth/login", login, is_form=True),
        Target("signin", "POST", "/api/auth/signin", login),
        Target("sign_in_email", "POST", "/api/auth/sign-in/email", email),
        Target("me", "GET", "/api/auth/me", token=token),
        Target("logout", "POST", "/api/auth/logout", (("token", "x" * 43),), token=logging_out),
    ]
