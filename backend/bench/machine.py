"""What the figures were taken on: the machine and the versions, without names or addresses."""

import json
import os
import platform
import re
import sys
from importlib.metadata import distributions
from pathlib import Path

from install import PEERS, VENV, node_version
from seeds import sql

PYTHON_PACKAGES = [
    "fastapi",
    "uvicorn",
    "uvloop",
    "httptools",
    "asyncpg",
    "psycopg",
    "sqlmodel",
    "sqlalchemy",
    "django",
    "djangorestframework",
    "gunicorn",
    "litestar",
]


def machine() -> dict[str, str]:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "Machine": f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, "
        f"{int(memory[1]) / 2**20 if memory else 0:.0f} GiB",
        "System": f"Linux {platform.release().partition('-')[0]}, {_distribution()}",
    }


def _distribution() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return "of an unknown distribution"


def versions(url: str) -> dict[str, str]:
    found = {"PostgreSQL": sql(url, "SHOW server_version")[0][0].split()[0]}
    # It matters who built it: one without profile-guided optimisation is a tenth slower.
    builder = "the system's" if sys.base_prefix == "/usr" else "not the system's"
    found["Python"] = f"{platform.python_version()} ({builder})"
    folders = [str(folder) for folder in VENV.glob("lib/python*/site-packages")]
    installed = {each.name.lower(): each.version for each in distributions(path=folders)}
    found["Python packages of the peers"] = ", ".join(
        f"{name} {installed[name]}" for name in PYTHON_PACKAGES if name in installed
    )
    if node := node_version():
        found["Node"] = node.removeprefix("v")
        packages: dict[str, str] = {}
        for file in sorted(PEERS.glob("*/package.json")):
            packages |= json.loads(file.read_text())["dependencies"]
        found["Node packages"] = ", ".join(f"{name} {packages[name]}" for name in sorted(packages))
    return found
