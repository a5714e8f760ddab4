"""The tools of bench/ work, each in the smallest form of all that it does; no figure is judged.

`check_cost.py` is not here: `make check` runs it.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract import contract
from tests.embedded_postgres.clusters import end_postgres
from tests.processes import environment

BENCH = Path(__file__).parents[2] / "bench"
TABLE_OF_OPERATIONS = re.compile(
    r"^\| (\w+) \| \d+ \| ([\d,]+) \|(?:.*?\|){3} (\d+) \|", re.MULTILINE
)


@pytest.fixture
def out(tmp_path):
    yield tmp_path
    for database in tmp_path.glob("database*"):
        end_postgres(database)


def run_tool(out: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=BENCH,
        env=environment(BENCH_OUT=out),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=110,
        check=False,
    )


def test_the_search_for_the_dearest_request_tries_every_operation(out):
    operations = {
        operation["operationId"]
        for path in contract()["paths"].values()
        for operation in path.values()
        if "operationId" in operation
    }
    done = run_tool(out, "dearest.py", "--seconds", "0.02")
    tried = re.findall(r"^  (\w+) +[\d.]+ +[\d.]+  [1-4]\d\d  ", done.stdout, re.MULTILINE)
    assert set(tried) >= operations, done.stdout
    assert re.search(r"ore than 10 ms", done.stdout.splitlines()[-1]), done.stdout


def test_a_trial_of_the_benchmark_proves_counts_and_measures_every_operation(out):
    done = run_tool(out, "bench.py", "--trial")
    assert done.returncode == 0, done.stdout
    report = (out / "performance.md").read_text()
    measured = TABLE_OF_OPERATIONS.findall(report)
    operations = {"list", "page", "get", "create", "complete", "update", "mix"}
    assert {name for name, _, _ in measured} == operations
    # A machine that stands still for a moment answers nothing in it.
    assert all(errors == "0" or rate == "0" for _, rate, errors in measured), report
    assert any(rate != "0" for _, rate, _ in measured), report
    assert "| todo-server | 1 | 1 | 1 | 1 | 1 | 1 |" in report, report
    assert re.search(r"^10,000 tasks without paging: \d\.\d MiB", report, re.MULTILINE), report
    assert "## The floor" in report
    assert (out / "performance-cpu-list.svg").exists()


def test_many_changes_in_one_request_are_measured_beside_as_many_requests(tmp_path):
    tool = run_tool(tmp_path, "bulk.py", "--tasks", "100")
    assert "In one request a task costs 1/" in tool.stdout, tool.stdout
