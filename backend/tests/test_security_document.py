"""docs/security.md promises nothing that no test shows."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
PAGE = (TESTS.parents[1] / "docs" / "security.md").read_text()
PROMISES = re.findall(r"^\| (?!Promise \||What \||-)(.+?) \| (`test_.*) \|$", PAGE, re.MULTILINE)


def names_of_tests() -> set[str]:
    return {
        node.name
        for path in TESTS.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


EXISTING = names_of_tests()


def test_every_promise_names_its_test():
    tables = re.findall(r"^\| Promise \| Test \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE, re.MULTILINE)
    rows = [row for table in tables for row in table.splitlines()]
    assert len(rows) == len(PROMISES) > 40


@pytest.mark.parametrize(("promise", "named"), PROMISES, ids=[p[:60] for p, _ in PROMISES])
def test_the_tests_that_a_promise_names_exist(promise, named):
    names = re.findall(r"`(\w+)`", named)
    assert names
    assert named == " ".join(f"`{name}`" for name in names)
    assert set(names) <= EXISTING
