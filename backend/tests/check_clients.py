"""`make clients`: lint the contract, generate clients from it, compile them and let them work.

Needs node (20.19, or 22.12 and newer) with npm, and the network where the locked tools are not
installed yet. Everything made goes to contracts/clients/, and git ignores it.
"""

import hashlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.contract import CONTRACT
from tests.databases import new_database
from tests.server import RunningServer, settings
from todo_server.embedded_postgres import embedded_postgres

CONTRACTS = CONTRACT.parent
CLIENTS = CONTRACTS / "clients"
OUT = CLIENTS / "out"
NODE = CLIENTS / "node_modules" / ".bin"
VENV = OUT / "venv"
PYTHON_CLIENT = OUT / "python"


def run(*command: str | Path, **environment: str) -> None:
    subprocess.run(command, cwd=CLIENTS, check=True, env=os.environ | environment)


def install() -> None:
    """Install what is locked, once for each state of the locks."""
    locks = [CLIENTS / "package-lock.json", CLIENTS / "requirements.txt"]
    state = sys.version + "".join(lock.read_text() for lock in locks)
    digest = hashlib.sha256(state.encode()).hexdigest()
    stamp = OUT / "installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    run("npm", "ci", "--ignore-scripts", "--loglevel", "error")
    run(sys.executable, "-m", "venv", "--clear", VENV)
    pip = (VENV / "bin" / "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--require-hashes", "-r", "requirements.txt")
    stamp.write_text(digest)


def lint() -> None:
    """Fail on any error or warning of the two linters."""
    run(NODE / "redocly", "lint", "--config", CONTRACTS / "redocly.yaml", CONTRACT)
    ruleset = CONTRACTS / "spectral.yaml"
    run(NODE / "spectral", "lint", "--fail-severity", "hint", "--ruleset", ruleset, CONTRACT)


def compile_clients() -> None:
    """Generate both clients, and check the types of what is written against them."""
    run(NODE / "openapi-typescript", CONTRACT, "-o", OUT / "contract.ts")
    run(NODE / "tsc", "--project", CLIENTS)
    generate = (VENV / "bin" / "openapi-python-client", "generate", "--overwrite")
    found = os.pathsep.join([str(VENV / "bin"), os.environ["PATH"]])  # it formats with ruff
    run(*generate, "--path", CONTRACT, "--output-path", PYTHON_CLIENT, PATH=found)
    types = (sys.executable, "-m", "mypy", "--strict", "--no-incremental", "--config-file", "")
    of_venv = ("--python-executable", VENV / "bin" / "python")
    run(*types, *of_venv, "tasks.py", MYPYPATH=str(PYTHON_CLIENT))


def use_clients() -> None:
    """Let both clients work with a server and a database of their own."""
    with (
        tempfile.TemporaryDirectory(prefix="todo-check-") as directory,
        embedded_postgres(Path(directory), durable=False) as url,
    ):
        os.environ["TEST_POSTGRES_URL"] = url
        with RunningServer(settings(new_database(), auth_mode="builtin")) as server:
            run("node", OUT / "js" / "tasks.js", server.url)
            python = (VENV / "bin" / "python", "tasks.py", server.url)
            run(*python, PYTHONPATH=str(PYTHON_CLIENT))


def main() -> int:
    OUT.mkdir(exist_ok=True)
    install()
    lint()
    compile_clients()
    use_clients()
    return 0


if __name__ == "__main__":
    sys.exit(main())
