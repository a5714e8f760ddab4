"""Whatever people do, in whatever order: the server is what a plain model in memory is.

`make test` walks 10,000 steps, always the same ones, and `make soak` 100,000. A program that fails
is cut down to the shortest one; its seed is in the name of the test.
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.properties import PROPERTY
from tests.state_machine.application import Application
from tests.state_machine.machine import ROOMS, Machine, documented

REQUESTS = 500
"""Of one test, at least."""

PROGRAMS, STEPS = 10, 50
"""That Hypothesis makes at a time: programs, and their steps, most of which are one request."""

WHOLE = int(os.environ.get("MACHINE_STEPS", "10000"))
FIRST_SEED = int(os.environ.get("MACHINE_SEED", "0"))
ENOUGH = 16 * REQUESTS
"""In which every operation has been done."""
SEEDS = range(FIRST_SEED, FIRST_SEED + (WHOLE - ENOUGH) // REQUESTS)

REFUSED = {
    "skip_task": "No task of the model repeats: tests/api/repeating has those that do.",
    "list_series": "Nor is there a series of it, therefore.",
}


@pytest.fixture(scope="module")
def application(database_url: str) -> Iterator[Application]:
    with Application(database_url) as running:
        yield running


def walk(application: Application, its_seed: int, requests: int = REQUESTS) -> Counter[str]:
    """Run programs until there were so many requests; gives what was answered how often."""
    answered: Counter[str] = Counter()
    for time in range(requests):
        run_state_machine_as_test(
            seed(f"{its_seed} {time}")(lambda: Machine(application, answered)),  # type: ignore[arg-type]
            settings=settings(
                PROPERTY,
                max_examples=PROGRAMS,
                stateful_step_count=STEPS,
                report_multiple_bugs=False,
                phases=[Phase.generate, Phase.shrink],
            ),
        )
        if answered.total() >= requests:
            break
    return answered


@pytest.mark.timeout(600)  # to cut a program down takes minutes
@pytest.mark.parametrize("its_seed", SEEDS)
def test_the_server_is_as_the_model_after_every_step(its_seed, application):
    walk(application, its_seed)


def test_the_machine_knows_every_operation_on_what_is_a_users():
    known = frozenset().union(*(room.operations for room in ROOMS))
    assert documented() <= known, "add rules for these"


@pytest.mark.timeout(600)
def test_no_operation_is_always_refused(application):
    answered = walk(application, 20261121, ENOUGH)
    done = {answer.partition(" ")[0] for answer in answered if " 2" in answer}
    assert documented() - done == REFUSED.keys()
