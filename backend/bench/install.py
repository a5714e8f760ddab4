"""Installs the peers into out/, once for each state of their locked requirements."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / "peers"
OUT = Path(os.environ.get("BENCH_OUT", HERE / "out"))
VENV = OUT / "venv"
REQUIREMENTS = HERE / "requirements.txt"
NODE_FILES = ["package.json", "package-lock.json", ".npmrc", "server.js"]


def install_python_peers() -> None:
    python = f"{sys.base_prefix} {sys.version}".encode()  # all run on the same interpreter
    digest = hashlib.sha256(python + REQUIREMENTS.read_bytes()).hexdigest()
    stamp = VENV / "installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print("Installing the Python peers ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "-q"]
    subprocess.run([*pip, "install", "--require-hashes", "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(digest)


def install_node_peer(name: str) -> None:
    source, target = PEERS / name, OUT / name
    target.mkdir(parents=True, exist_ok=True)
    for file in NODE_FILES:
        shutil.copy(source / file, target / file)
    digest = hashlib.sha256((source / "package-lock.json").read_bytes()).hexdigest()
    stamp = target / "installed"
    if stamp.exists() and stamp.read_text() == digest:
        return
    print(f"Installing {name} ...", flush=True)
    subprocess.run(["npm", "ci", "--loglevel", "error"], cwd=target, check=True)
    stamp.write_text(digest)


def node_version() -> str | None:
    """The version of node, or None where node or npm is missing."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    return subprocess.run(
        ["node", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
