"""The migrations, and the version of a database."""

from pathlib import Path

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from tests.databases import run
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
    with RunningServer(settings(url)) as server, User(server) as user:
        user.create()
        return user.get("/readyz").status_code == 200


def leave_something_to_do(url: str) -> None:
    run(url, "COMMENT ON VIEW my_task IS NULL")
