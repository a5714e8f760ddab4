"""Several workers, and several servers, on one database."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from tests.processes import postmaster_file
from tests.waiting import PATIENCE, until


def test_workers_whose_parent_is_killed_end_and_leave_the_port(serve):
    server = serve(WORKERS=2)
    server.process.kill()
    server.process.wait(PATIENCE)
    until(lambda: not server.processes(), "the end of the workers")
    assert not server.listens()


def test_two_servers_share_one_directory_and_the_last_one_stops_the_database(serve, tmp_path):
    first, second = serve(), serve()
    task = first.create()
    assert second.client.get(first.path).json() == [task]
    assert first.stop() == 0
    assert second.client.get(first.path).json() == [task]
    assert second.stop() == 0
    assert not postmaster_file(tmp_path).exists()


def test_two_workers_serve_and_stop_together(serve, tmp_path):
    server = serve(WORKERS=2)
    tasks = [server.create(str(number)) for number in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: httpx.get(f"{server.client.base_url}/livez"), range(32)))
    assert {answer.status_code for answer in answers} == {200}
    assert server.client.get(server.path).json() == tasks[::-1]
    assert len(server.processes()) >= 3
    assert server.stop() == 0
    until(lambda: not server.processes(), "the end of the workers")
    assert not postmaster_file(tmp_path).exists()
    assert "Traceback" not in server.log.read_text()
