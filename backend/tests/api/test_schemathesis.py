"""Schemathesis holds the running server against its contract, with all of its checks on."""

import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from schemathesis import engine
from schemathesis.checks import CHECKS
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.result import Ok
from schemathesis.engine import Status, events
from schemathesis.openapi.checks import RejectedPositiveData

from tests.server import RunningServer, User

EXAMPLES = 20  # per operation while fuzzing, and sequences of requests

# What the contract cannot say: a request that follows it and is refused for nothing but these,
# by the code of the error or of its details, counts as accepted.
UNSAYABLE = {
    "not_found": "What a body names is there: no schema knows what is.",
    "no_next_occurrence": "Nor whether it repeats.",
    "invalid_rule": "A rule is more than a text, and an object of it more than its members.",
    "invalid_url": "Nor which ports and networks an address may lead to.",
    "too_deep": "Nor whether it is a subtask, or has some.",
    "unknown_ref": "Nor what an earlier command has made.",
    "tag_exists": "Nor what tags there are.",
    "unknown_parameter": "A saved query has the names of another operation's parameters.",
    "exclusive": "OpenAPI knows no parameters that exclude each other.",
    "inconsistent": "What is completed has the instant, and a task is no part of itself.",
    "blank": "A title needs a visible character, and no portable pattern names those beyond U+FFFF "
    "that are not.",
    "repeated": "`sort` and `sort_by` are two names of one parameter, as `order` and `sort_order` "
    "are; OpenAPI knows no parameters that exclude each other. And no two commands have one `ref`.",
    "in_future": "What is imported has happened: no format says that an instant lies in the past.",
    "datetime_parsing": "A leap second has the format, and PostgreSQL and Python have none; and no "
    "pattern knows how many days a month has.",
    "unknown_time_zone": "Nor is there one for 600 names, of which there are more every year.",
    "idempotency_key_reused": "A key stands for one request: Schemathesis sends others with it.",
    "version_conflict": "A condition is met by the version that a task has.",
    "entity_tag": "A condition is a list of entity tags (RFC 9110): no portable pattern says so.",
    "already_changed": "What was changed again is not undone: no schema knows what happened since.",
    "already_purged": "Nor what is gone.",
    "number_too_old": "Nor how far the log goes back.",
    "invalid_cursor": "A cursor is opaque: only what a `Link` carried is one.",
}

# Refusals of what breaks the contract that Schemathesis does not expect by itself.
REFUSALS = {
    "413": "The body is over 1 MiB.",
    "414": "The URL is over 8 KiB.",
    "431": "The headers are over 32 KiB.",
}

CHECKS_LEFT_OUT = {
    "max_response_time": "No test here looks at a clock; bench/ measures.",
}

TAGS_LEFT_OUT = {
    "accounts": "With AUTH_MODE=shared_secret another server keeps the accounts.",
    "compatibility": "And other names of what is done with them, therefore.",
}


# With an id, an owner, a condition and a key to be guessed right at once, chance may reach none of
# these; what they answer is held against the contract by every other test of theirs.
SELDOM_REACHED = {
    "PATCH /api/{user_id}/settings",
    "PUT /api/{user_id}/tasks/{task_id}",
    "PATCH /api/{user_id}/tasks/{task_id}",
    "PATCH /api/{user_id}/tasks/{task_id}/complete",
    "DELETE /api/{user_id}/tasks/{task_id}",
    "POST /api/{user_id}/trash/{task_id}/restore",
    "DELETE /api/{user_id}/trash/{task_id}",
    *(
        f"{method} /api/{{user_id}}/{noun}"
        for noun in ("projects/{project_id}", "tags/{name}", "filters/{filter_id}")
        for method in ("PUT", "PATCH", "DELETE")
    ),
    "POST /api/{user_id}/tags/{name}/merge",
    "PATCH /api/{user_id}/notifications/{notification_id}",  # tests/api/notifications
    "POST /api/{user_id}/tasks/{task_id}/skip",  # tests/api/repeating, as of the next
    "GET /api/{user_id}/series/{series_id}",
    *(f"POST /api/{{user_id}}/webhooks/{{webhook_id}}/{verb}" for verb in ("test", "secret")),
    "GET /api/calendar/{secret}.ics",  # nobody guesses a secret: tests/api/calendars
}


NOUNS: dict[str, Callable[[int], dict[str, Any]]] = {
    "projects": lambda at: {"name": f"Project {at}"},
    "filters": lambda at: {"name": f"Filter {at}", "query": {"status": "pending"}},
    "tags": lambda at: {"name": f"tag {at}"},
}


def configuration(server: RunningServer, owner: User, identities: Path) -> dict[str, Any]:
    rules = (None, "daily")
    tasks = [owner.create(f"Task {at}", recurrence=rules[at % 2])["id"] for at in range(30)]
    for trashed in tasks[::3]:
        owner.delete(f"{owner.path}/{trashed}")
    nouns = {
        noun: [owner.post(f"/api/me/{noun}", json=body(at)).json() for at in range(20)]
        for noun, body in NOUNS.items()
    }
    return {
        "base-url": server.url,
        "seed": 20261120,
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "generation": {
            "mode": "all",  # what follows the contract, and what does not
            "max-examples": EXAMPLES,
            "deterministic": True,
            "database": "none",
        },
        # The second of them tries to reach what the first one has made.
        "auth": {"wfc": {"path": str(identities), "peers": ["owner", "peer"]}},
        # Paths that reach the handlers, most of the time.
        "dictionaries": {
            "users": {"values": ["me", owner.id]},
            "tasks": {"values": tasks},
            "series": {"values": tasks[1::2]},
            "projects": {"values": [each["id"] for each in nouns["projects"]]},
            "filters": {"values": [each["id"] for each in nouns["filters"]]},
            "tags": {"values": [each["name"] for each in nouns["tags"]]},
            "any": {"values": ["*"]},
        },
        "parameters": {
            "path.user_id": {"dictionary": "users", "probability": 0.9},
            "path.task_id": {"dictionary": "tasks", "probability": 0.9},
            "path.series_id": {"dictionary": "series", "probability": 0.9},
            "path.project_id": {"dictionary": "projects", "probability": 0.9},
            "path.filter_id": {"dictionary": "filters", "probability": 0.9},
            "path.name": {"dictionary": "tags", "probability": 0.9},
            "header.If-Match": {"dictionary": "any", "probability": 0.9},
        },
        "checks": {
            # Both narrower than Schemathesis' own: they take no 409, 429 or 5xx.
            "positive_data_acceptance": {"expected-statuses": ["2xx", "401", "403", "404"]},
            "negative_data_rejection": {
                "expected-statuses": ["400", "401", "403", "404", "405", "415", "422", *REFUSALS]
            },
        },
    }


def write_identities(path: Path, **users: User) -> Path:
    """Write down who asks, in the form of the Web Fuzzing Commons."""
    entries = [
        {
            "name": name,
            "fixedHeaders": [{"name": "Authorization", "value": f"Bearer {user.token}"}],
        }
        for name, user in users.items()
    ]
    path.write_text(json.dumps({"auth": entries}))
    return path


def is_a_fault(_: Any, failure: Failure, case: Any, response: Any) -> bool:
    if not isinstance(failure, RejectedPositiveData):
        return True
    if response.status_code == 304:
        return False
    problem = response.json()
    reasons = {detail["code"] for detail in problem["details"]} or {problem["error"]}
    return not reasons <= UNSAYABLE.keys()


def with_a_key_of_its_own(_: Any, headers: Any) -> Any:
    """Under the one key of the examples, nothing but the first request would be made."""
    if headers and re.fullmatch("[!-~]{1,255}", str(headers.get("Idempotency-Key", ""))):
        headers["Idempotency-Key"] = uuid4().hex
    return headers


@pytest.mark.timeout(400)  # it asks every operation, many times
def test_schemathesis_finds_no_fault(
    server: RunningServer, new_user: Callable[..., User], tmp_path: Path
):
    owner, peer = new_user("schemathesis"), new_user("schemathesis-peer")
    identities = write_identities(tmp_path / "identities.json", owner=owner, peer=peer)
    schema = schemathesis.openapi.from_url(
        f"{server.url}/openapi.json",
        config=SchemathesisConfig.from_dict(configuration(server, owner, identities)),
    ).exclude(tag=list(TAGS_LEFT_OUT))
    schema.hook("filter_failure")(is_a_fault)
    schema.hook("map_headers")(with_a_key_of_its_own)

    faults: list[str] = []
    answers: Counter[tuple[str, int]] = Counter()
    passed: Counter[str] = Counter()
    phases: dict[str, Status] = {}
    for event in engine.from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            faults.append(str(event))
        elif isinstance(event, events.PhaseFinished):
            phases[event.phase.name.value] = event.status
        elif isinstance(event, events.ScenarioFinished):
            recorder = event.recorder
            for case_id, interaction in recorder.interactions.items():
                assert interaction.response is not None, "the connection broke"
                label = recorder.cases[case_id].value.operation.label
                answers[label, interaction.response.status_code] += 1
            for check in (check for checks in recorder.checks.values() for check in checks):
                passed[check.name] += check.status is Status.SUCCESS
                if check.failure_info is not None:
                    info = check.failure_info
                    faults.append(f"{check.name}: {info.failure.message}\n{info.code_sample}")
    assert not faults, "\n\n".join(faults[:10])

    # And none of this because nothing was tried.
    operations = {
        found.ok().label for found in schema.get_all_operations() if isinstance(found, Ok)
    }
    assert len(operations) >= 9
    reached = {label for label, status in answers if 200 <= status < 300}
    assert operations - reached <= SELDOM_REACHED
    statuses = {status for _, status in answers}
    assert statuses >= {200, 201, 204, 400, 401, 403, 404, 405, 415, 422}
    for phase in ("examples", "coverage", "fuzzing", "stateful"):
        assert phases[phase] is Status.SUCCESS
    assert set(passed) == set(CHECKS.get_all_names()) - CHECKS_LEFT_OUT.keys()
    assert min(passed.values()) > 500
