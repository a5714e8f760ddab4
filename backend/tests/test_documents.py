"""The documents say what the code does: settings, errors, links, decisions, deployment."""

import contextlib
import gc
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from pydantic import BaseModel

from tests.databases import new_database
from tests.server import RunningServer, settings
from todo_server import http_protocol
from todo_server.api.problems import STATUS
from todo_server.config import Settings
from todo_server.domain.task_query import TaskQuery
from todo_server.errors import TodoServerError
from todo_server.models import (
    FilterRead,
    ListedProject,
    ListedTag,
    ProjectRead,
    TagRead,
    TaskRead,
    TrashedTaskRead,
    WebhookMade,
    WebhookRead,
)

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "backend" / "src" / "todo_server"
DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
CARD = ROOT / "deploy" / "huggingface" / "README.md"
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), CARD]
# Where a file that is named in a text may be; a link is relative to its page alone.
PLACES = [ROOT, ROOT / "backend", ROOT / "backend/requirements", SOURCES, SOURCES / "migrations"]
# What readers of the quickstart make themselves.
THEIRS = {"make_token.py"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


every_page = pytest.mark.parametrize("page", PAGES, ids=name_of)


def rows(page: str, heading: str) -> list[list[str]]:
    """The cells of the first table below a heading, without its head."""
    _, found, rest = f"\n{(ROOT / page).read_text()}".partition(f"\n{heading}\n")
    assert found, f"{page} has no {heading!r}"
    table = re.search(r"(?:^\|.*\n)+", rest, re.MULTILINE)
    assert table
    return [
        [cell.strip().strip("`") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        for line in table[0].splitlines()[2:]
    ]


# Settings


def as_written(value: Any) -> str:
    """A default as one writes it into the environment."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value.value if isinstance(value, Enum) else value)


DEFAULTS = {
    name.upper(): as_written(field.default) for name, field in Settings.model_fields.items()
}


def test_the_page_on_configuration_has_every_setting_and_no_other():
    documented = rows("docs/configuration.md", "# Configuration")
    assert {name: default.replace("unset", "") for name, _, default, _ in documented} == DEFAULTS
    assert all(takes and meaning for _, takes, _, meaning in documented)


def test_the_example_has_every_setting_with_its_default_and_no_other():
    example = (ROOT / "backend" / ".env.example").read_text()
    assert dict(re.findall(r"^#?([A-Z_]+)=(.*)$", example, re.MULTILINE)) == DEFAULTS


def values_of(kind: Any) -> set[str]:
    """What a setting takes, if that can be listed."""
    if kind is bool:
        return {"true", "false"}
    is_enum = isinstance(kind, type) and issubclass(kind, Enum)
    return {str(member.value) for member in kind} if is_enum else set()


def test_the_example_lists_every_value_of_a_setting_that_takes_a_few():
    example = (ROOT / "backend" / ".env.example").read_text()
    explained = dict(re.findall(r"((?:^# .*\n)+)#([A-Z_]+)=", example, re.MULTILINE))
    comments = {name: set(re.findall(r"\w+", text)) for text, name in explained.items()}
    for name, field in Settings.model_fields.items():
        if values := values_of(field.annotation):
            assert values <= comments[name.upper()], name
            assert values <= set(re.findall(r"\w+", str(field.description))) | {"false"}, name


def test_the_example_uncommented_changes_nothing(tmp_path, monkeypatch):
    for name in DEFAULTS:
        monkeypatch.delenv(name, raising=False)
    example = (ROOT / "backend" / ".env.example").read_text()
    uncommented = tmp_path / ".env"
    uncommented.write_text(re.sub(r"^#([A-Z_]+=)", r"\1", example, flags=re.MULTILINE))
    assert Settings(_env_file=uncommented) == Settings(_env_file=None)


# Errors


def error_codes(kind: type[TodoServerError] = TodoServerError) -> set[str]:
    return {kind.code}.union(*map(error_codes, kind.__subclasses__()))


def test_every_error_code_is_documented_with_its_status_and_no_other_is():
    documented = {code: status for code, status, _ in rows("docs/api.md", "## Errors")}
    statuses = {code: str(STATUS[code].value) for code in STATUS}
    assert documented == dict.fromkeys(error_codes(), "none") | statuses


def test_what_is_refused_below_http_is_documented():
    refusals = {(str(STATUS[kind.code].value), kind.code) for kind in http_protocol.REFUSALS}
    below = rows(
        "docs/api.md",
        "What is not HTTP is refused before the application sees it. The answer has the same "
        "shape, with an\nempty `instance`, and the connection ends:",
    )
    assert {(status, code) for code, status, _ in below} == refusals
    assert all(HTTPStatus(int(status)) for status, _ in refusals)


# Parameters


def test_every_parameter_of_a_listing_is_documented_with_every_word_that_it_takes():
    documented = {name: takes for name, takes, _ in rows("docs/api.md", "## Listing")}
    schema = TaskQuery.model_json_schema()["properties"]
    assert {name.partition("`")[0] for name in documented} == set(schema)
    for name, takes in documented.items():
        words = schema[name.partition("`")[0]].get("enum", [])
        assert set(words) - {""} <= set(re.findall(r"\w+", takes)), name


# Samples


def values_in(text: str) -> Iterator[Any]:
    """All JSON objects in a text, also those that others hold."""
    decoder, found = json.JSONDecoder(), -1
    while (found := text.find("{", found + 1)) >= 0:
        with contextlib.suppress(ValueError):
            yield decoder.raw_decode(text, found)[0]


def shape_of(sample: dict[str, Any]) -> type[BaseModel]:
    """What a sample with an `updated_at` is of."""
    if "title" in sample:
        return TrashedTaskRead if "deleted_at" in sample else TaskRead
    if "url" in sample:
        return WebhookMade if "secret" in sample else WebhookRead
    if "query" in sample:
        return FilterRead
    if "archived" in sample:
        return ListedProject if "tasks" in sample else ProjectRead
    return ListedTag if "tasks" in sample else TagRead


def test_every_sample_of_a_row_has_its_members():
    samples = [
        (name_of(page), value)
        for page in PAGES
        for value in values_in(page.read_text())
        if "updated_at" in value
    ]
    assert {page for page, _ in samples} >= {"README.md", "docs/api.md"}
    for page, sample in samples:
        assert set(sample) == set(shape_of(sample).model_fields), (page, sample)
    # One that is no JSON is not found above.
    mentioned = sum(page.read_text().count('"updated_at":') for page in PAGES)
    assert mentioned == len(samples)


# Links and files


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def without_code(page: Path) -> str:
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)


@every_page
def test_every_relative_link_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(page)):
        if not target.startswith(("https://", "http://")):
            path, _, anchor = target.partition("#")
            file = page.parent / path if path else page
            assert file.exists(), target
            assert not anchor or anchor in anchors(file), target


@every_page
def test_every_file_that_is_named_exists(page):
    named = set(re.findall(r"`([\w./-]+\.(?:py|md|yaml|txt|toml|in))`", page.read_text()))
    for file in named - THEIRS:
        assert any((place / file).exists() for place in [page.parent, *PLACES]), file


def test_every_decision_is_in_the_index_and_has_its_parts():
    folder = ROOT / "docs" / "decisions"
    decisions = sorted(folder.glob("[0-9]*.md"))
    listed = re.findall(
        r"^\| \[(\d{4})\]\((\1-[\w-]+\.md)\)", (folder / "README.md").read_text(), re.MULTILINE
    )
    assert [file for _, file in listed] == [decision.name for decision in decisions]
    assert len({number for number, _ in listed}) == len(listed)
    for decision in decisions:
        text = decision.read_text()
        assert text.startswith(f"# {decision.name[:4]} ")
        for part in ("Context", "Options", "Decision", "Cost"):
            assert f"**{part}.**" in text, decision.name


@pytest.mark.parametrize("page", sorted(ROOT.glob("docs/decisions/*.md")), ids=name_of)
def test_every_test_that_a_decision_names_exists(page):
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    for name in re.findall(r"`(test_\w+)`", page.read_text()):
        assert re.search(rf"def {name}\(", tests), name


def test_the_two_commands_of_the_readme_exist():
    commands = set(re.findall(r"^make (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert commands == {"serve", "test"}
    assert commands <= set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


# The code that is there to be copied

README, QUICKSTART = ROOT / "README.md", ROOT / "docs" / "quickstart.md"
SHELLS = [
    command
    for command in (["bash", "--norc", "--noprofile"], ["zsh", "-f", "-i"])
    if shutil.which(command[0])
]


def blocks(page: Path, language: str, heading: str = "") -> list[str]:
    """The blocks of code in a language, of the whole page or of one chapter."""
    chapter = page.read_text()
    if heading:
        chapter = chapter.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", chapter, re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.fixture(scope="module")
def server_with_accounts() -> Iterator[RunningServer]:
    with RunningServer(settings(new_database(), auth_mode="builtin")) as running:
        yield running


@pytest.mark.parametrize("page", [README, QUICKSTART], ids=name_of)
def test_no_command_to_copy_has_a_comment_which_zsh_would_run(page):
    assert not [block for block in blocks(page, "sh") if re.search(r"(^|\s)#", block)]


@pytest.mark.parametrize("order", [1, -1], ids=["readme_first", "quickstart_first"])
@pytest.mark.parametrize("shell", SHELLS, ids=lambda command: command[0])
def test_every_command_of_both_pages_may_be_pasted_twice(
    server_with_accounts, shell, order, tmp_path
):
    pages = [blocks(README, "sh", "A first task"), blocks(QUICKSTART, "sh", "curl")]
    pasted = "".join(block * 2 for page in pages[::order] for block in page)
    url = server_with_accounts.url
    done = subprocess.run(
        shell,
        input=pasted.replace("http://127.0.0.1:8000", url),
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PS1": "", "PS2": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not done.stderr.strip("# \n")  # zsh's prompt
    assert set(re.findall(r'"error":"(\w+)"', done.stdout)) == {"email_taken", "unauthenticated"}
    printed = re.findall(r"(?:^|[\]}])(\d{3})$", done.stdout, re.MULTILINE)
    assert printed == ["204", "404"] * 2 + ["200", "404"] + ["403", "401"] * 2
    for result in ('"title":"Call Bob tonight"', '"completed":true', "HTTP/1.1 200 OK", "link: "):
        assert done.stdout.count(result) >= 2


def test_what_the_pages_say_about_an_error_is_seen(tmp_path):
    """A refused sign-in says why, where a KeyError had hidden it."""
    for page, chapter in ((README, "A first task"), (QUICKSTART, "curl")):
        sign_up, sign_in, *_ = blocks(page, "sh", chapter)
        assignments = "\n".join(sign_up.splitlines()[:2])
        refused = (
            """curl() { echo '{"error": "too_many_attempts", "detail": "Too many tries."}'; }"""
        )
        done = subprocess.run(
            ["bash", "-c", f"{refused}\n{assignments}\n{sign_in}"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.stderr == "Too many tries.\n"


@pytest.mark.parametrize("order", [[0, 1, 0, 1], [1, 0, 1, 0]], ids=str)
def test_the_python_of_the_quickstart_works_twice_and_in_any_order(order, capsys):
    examples = blocks(QUICKSTART, "python")
    with RunningServer(settings(new_database(), auth_mode="builtin")) as server:
        for number in order:
            exec(examples[number].replace("http://127.0.0.1:8000", server.url), {})
            gc.collect()  # where what was left open would be told
    printed = capsys.readouterr().out
    assert all(title in printed for title in ("Celebrate", "Write a test", "Read the manual"))
    assert printed.count("422 validation_failed") == 2
    assert printed.count("404 task_not_found") == 2


if shutil.which("node"):

    def test_the_javascript_of_the_quickstart_works_twice(server_with_accounts):
        (example,) = blocks(QUICKSTART, "js")
        for _ in range(2):
            done = subprocess.run(
                ["node", "--input-type=module", "-"],
                input=example.replace("http://127.0.0.1:8000", server_with_accounts.url),
                capture_output=True,
                text=True,
                check=False,
                timeout=60,
            )
            assert not done.stderr
            assert "Buy milk" in done.stdout


def test_the_token_of_the_quickstart_is_accepted(database_url, capsys, tmp_path, monkeypatch):
    secret = "c2VjcmV0IG9mIHRoZSBxdWlja3N0YXJ0IGZvciB0ZXN0cw=="
    (tmp_path / ".env").write_text(f"BETTER_AUTH_SECRET={secret}\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["make_token.py", "alice"])
    exec(blocks(QUICKSTART, "python")[2], {})
    headers = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}
    with RunningServer(settings(database_url, better_auth_secret=secret)) as server:
        assert httpx.get(f"{server.url}/api/alice/tasks", headers=headers).status_code == 200
        assert httpx.get(f"{server.url}/api/bob/tasks", headers=headers).status_code == 403


# Deployment


def image_environment() -> dict[str, str]:
    """ENV of the image: the lines of the last stage."""
    stage = DOCKERFILE.rpartition("\nFROM ")[2].replace("\\\n", " ")
    (line,) = re.findall(r"^ENV (.*)$", stage, re.MULTILINE)
    return dict(assignment.split("=", 1) for assignment in line.split())


def test_the_image_has_neither_development_tools_nor_the_embedded_database():
    assert "requirements/base.txt" in DOCKERFILE
    assert "--require-hashes" in DOCKERFILE
    assert not re.search(r"dev\.txt|embedded\.txt", DOCKERFILE)
    assert re.search(r"^USER 1000$", DOCKERFILE, re.MULTILINE)


def test_the_space_is_reached_at_the_port_of_the_image():
    _, front_matter, _ = CARD.read_text().split("---\n", 2)
    card = yaml.safe_load(front_matter)
    assert {"title", "emoji", "colorFrom", "colorTo", "pinned"} <= card.keys()
    assert (card["sdk"], card["license"]) == ("docker", "mit")
    assert str(card["app_port"]) == image_environment()["PORT"]
    # The command for a Space is put in place of this one line, see docs/operations.md.
    assert re.findall(r"^CMD .*$", DOCKERFILE, re.MULTILINE) == ['CMD ["todo-server", "serve"]']


def test_compose_migrates_before_it_serves_with_settings_that_exist():
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
    services = compose["services"]
    assert services["migrate"]["command"] == ["todo-server", "migrate"]
    assert services["migrate"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    after = {"migrate": {"condition": "service_completed_successfully"}}
    assert services["server"]["depends_on"] == after
    assert services["server"]["environment"].keys() <= DEFAULTS.keys()
    (published,) = services["server"]["ports"]
    assert published.endswith(":" + image_environment()["PORT"])
    assert services["database"]["volumes"] == ["database:/var/lib/postgresql"]
