"""The database is away, hangs up or freezes: 503, and all is well when it is back."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from urllib.parse import urlsplit

from tests.database.trouble import OPERATIONS, a_task, is_away, is_back, serving


def test_a_database_that_refuses_is_503_until_it_is_back(proxy, impatient):
    with serving(proxy.url) as user:
        path = a_task(user)
        proxy.refuse()
        proxy.cut()
        is_away(user, *OPERATIONS)
        proxy.accept()
        assert user.get(path).status_code == 200
        is_back(user)


def test_a_database_that_is_away_at_the_start_is_used_when_it_comes(proxy, impatient):
    proxy.refuse()
    with serving(proxy.url) as user:
        is_away(user, "list", "create")
        proxy.accept()
        is_back(user)


def test_a_database_that_is_away_for_a_moment_is_waited_for(proxy):
    with serving(proxy.url) as user, ThreadPoolExecutor(4) as pool:
        path = a_task(user)
        proxy.refuse()
        proxy.cut()
        answers = [
            pool.submit(OPERATIONS[operation], user, path)
            for operation in ("list", "get", "update", "complete")
        ]
        time.sleep(0.5)  # how long it is away
        assert not any(answer.done() for answer in answers)
        proxy.accept()
        assert {answer.result(30).status_code for answer in answers} == {200}


def test_a_database_that_accepts_and_hangs_up_is_503_until_it_is_well(proxy, impatient):
    with serving(proxy.url) as user:
        a_task(user)
        proxy.refuse()
        proxy.cut()
        with socket.create_server(("127.0.0.1", urlsplit(proxy.url).port or 0)) as listener:

            def hang_up() -> None:
                with suppress(OSError):
                    while True:
                        listener.accept()[0].close()

            with ThreadPoolExecutor(1) as pool:
                pool.submit(hang_up)
                is_away(user, "list", "create", "update")
                listener.shutdown(socket.SHUT_RDWR)
        proxy.accept()
        is_back(user)


def test_a_database_that_freezes_is_503_until_it_thaws(proxy, impatient):
    with serving(proxy.url, database_pool_size=2) as user:
        a_task(user)
        proxy.freeze()
        is_away(user, "list", "create", "complete")
        proxy.thaw()
        is_back(user)


def test_a_database_that_freezes_once_it_has_greeted_is_503_until_it_thaws(proxy, impatient):
    with serving(proxy.url) as user:
        proxy.expect(b"alembic_version", "freeze")  # the first that it is asked
        assert user.get("/readyz").status_code == 503
        assert proxy.happened.is_set()
        proxy.thaw()
        is_back(user)
