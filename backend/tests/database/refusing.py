"""Databases that refuse who asks."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.databases import new_database, new_role, run, url_of
from tests.waiting import until

SECRET = "s3cr3t-of-the-database"


def with_password(password: str = SECRET) -> tuple[str, str]:
    """Make a role that PostgreSQL asks for its password; gives it, and the URL of its database."""
    role = new_role(f"SUPERUSER PASSWORD '{SECRET}'")
    (row,) = run(url_of("postgres"), "SHOW hba_file")
    rules = Path(row[0])
    rules.write_text(f"local all {role} scram-sha-256\n{rules.read_text()}")
    run(url_of("postgres"), "SELECT pg_reload_conf()")
    asks = f"SELECT FROM pg_hba_file_rules WHERE user_name = '{{{role}}}'"
    until(lambda: run(url_of("postgres"), asks), "the rule to be read")
    return role, new_database(owner=role, migrated=False).replace(f"{role}@", f"{role}:{password}@")


@contextmanager
def listening(*answers: bytes) -> Iterator[int]:
    """Answer what comes on a connection with these, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    for answer in answers:
                        connection.recv(4096)
                        connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)
