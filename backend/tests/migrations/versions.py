"""The migrations, and the version of a database."""

from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from tests.databases import run, run_as
from tests.server import RunningServer, User, settings
from todo_server import migrations

VIEWS = "SELECT oid, relname, relowner FROM pg_class WHERE relname LIKE 'my\\_%' ORDER BY relname"


def scripts() -> list[Script]:
    """All migrations, the first one first."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    return list(ScriptDirectory.from_config(config).walk_revisions())[::-1]


def version_of(url: str) -> list[str]:
    return [row[0] for row in run(url, "SELECT version_num FROM alembic_version")]


def works(url: str) -> bool:
    """Tell whether requests are served, and each change is logged."""
    with RunningServer(settings(url)) as server, User(server) as user:
        path = f"{user.path}/{user.create()['id']}"
        assert user.put(path, json={"title": "changed"}).json()["version"] == 2
        assert user.delete(path).status_code == 204
        run_as(url, user.id, "DELETE FROM task WHERE user_id = $1", user.id)
        log = "SELECT kind FROM change WHERE user_id = $1 ORDER BY number"
        kinds = [row["kind"] for row in run(url, log, user.id)]
        assert kinds == ["created", "updated", "deleted", "purged"]
        return user.get("/readyz").status_code == 200


def leave_something_to_do(url: str) -> None:
    run(url, "COMMENT ON VIEW my_task IS NULL")
