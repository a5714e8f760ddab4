"""Nobody goes around the statements that are checked: held by reading the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import todo_server

CONNECTIONS = {"Session", "create_engine", "create_async_engine"}
CLOSED = ("sqlalchemy.orm", "sqlalchemy.ext", "sqlmodel.ext", "psycopg", "psycopg2")
KINDS = {"Statement", "Read", "Change", "RepeatableChange", "Write", "Unowned"}
ROOT = Path(todo_server.__file__).parent
FILES = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*.py")}
SOURCES = sorted(name for name in FILES if not name.startswith("migrations/"))


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_asked_of_postgresql_is_compiled_and_checked(name):
    tree = ast.parse(FILES[name].read_text())
    for module, imported in imports(tree):
        assert not module.startswith(CLOSED), f"{module} goes around the statements"
        assert imported not in CONNECTIONS or not module.startswith(("sqlalchemy", "sqlmodel"))
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(kind)) if kind in KINDS:
                pytest.fail("only `compiled` makes statements, which it has checked")
            case ast.Attribute(ast.Name("asyncpg"), what) if not name.startswith("database/"):
                assert what.endswith("Error"), "only database/ talks to PostgreSQL"
