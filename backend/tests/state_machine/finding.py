"""The rules of what tasks come to: counts, statistics, numbered pages, saved filters that run."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.state_machine import comparison
from tests.state_machine.answers import INVALID, Answer, RefusedError, refuse_if
from tests.state_machine.base import Request, askers, keys, people
from tests.state_machine.bodies import Some
from tests.state_machine.drawing import weighted
from tests.state_machine.listing import Lists
from tests.state_machine.model import Person
from tests.state_machine.nouns import Project, SavedFilter, Task, same_name
from tests.state_machine.placed import which_row
from tests.state_machine.questions import PRIORITIES, Question, questions

sizes = weighted({None: 2, 1: 3, 2: 3, 200: 1, 0: 1})
_DAYS = 30


class Finding(Lists):
    """What is found, and how much of it."""

    operations = frozenset({"count_tasks", "get_stats", "list_filtered_tasks"})

    @rule(owner=people, asker=askers, question=questions)
    def count_tasks(self, owner, asker, question):
        asking = self.asking(owner, asker)
        question = question.filled(lambda value: self.filled(value, asking))
        question = question._replace(sort=None, order=None)

        def act(person: Person, response: httpx.Response) -> Answer:
            return Answer(200, {"count": len(question.answer(person))})

        self.perform(Request("count_tasks", asking, query=question.query()), act)

    @rule(owner=people, asker=askers, question=questions, size=sizes, page=st.integers(1, 3))
    def list_a_page_by_its_number(self, *, owner, asker, question, size, page):
        asking = self.asking(owner, asker)
        question = question.filled(lambda value: self.filled(value, asking))

        def act(person: Person, response: httpx.Response) -> Answer:
            refuse_if(INVALID, size == 0)
            return Answer(200, _page(question.answer(person), page, size or 20))

        query = question.query(page=page, page_size=size)
        self.perform(Request("list_tasks", asking, query=query), act)

    @rule(owner=people, asker=askers, question=questions, name=st.sampled_from("ab"), key=keys)
    def save_a_question(self, *, owner, asker, question, name, key):
        asking = self.asking(owner, asker)
        question = question.filled(lambda value: self.filled(value, asking))
        body = {"name": name, "query": question.asked()}

        def check() -> None:
            refuse_if(INVALID, question.is_wrong)

        def act(person: Person, response: httpx.Response) -> Answer:
            return self.saved(person, body, response, asking.path_of)

        self.perform(Request("create_filter", asking, body, key=key), act, check)

    def saved(
        self, person: Person, body: dict[str, Any], response: httpx.Response, path_of: str
    ) -> Answer:
        """Keep a filter in the model."""
        answered = response.json() if response.is_success else {}
        new_id = self.new_id(answered["id"]) if answered else UUID(int=0)
        instants: dict[str, Any] = {"created_at": person.now, "updated_at": person.now}
        row = SavedFilter(user_id=person.id, id=new_id, **instants, **body)
        row.position = answered.get("position", "")
        person.add(row)
        return row.answer(201, location=f"/api/{path_of}/filters/{new_id}")

    @rule(owner=people, asker=askers, which=which_row)
    def run_a_filter(self, owner, asker, which):
        asking = self.asking(owner, asker)
        row_id = UUID(self.filled(Some("filter", which), asking))

        def act(person: Person, response: httpx.Response) -> Answer:
            missing = RefusedError(404, "filter_not_found")
            refuse_if(missing, not person.is_live(row_id, SavedFilter))
            return Answer(200, Question.of(vars(person.rows[row_id])["query"]).answer(person))

        path = {"filter_id": row_id}
        self.perform(Request("list_filtered_tasks", asking, path=path), act)

    @rule(owner=people, asker=askers)
    def get_stats(self, owner, asker):
        def act(person: Person, response: httpx.Response) -> Answer:
            stats = _stats(person, self.now)
            # In which order those stand that are alike, is not said.
            answered = response.json().get("by_project", [])
            if sorted(answered, key=str) == sorted(stats["by_project"], key=str):
                comparison.same("their order", answered, _most_first(answered))
                stats["by_project"] = answered
            return Answer(200, stats)

        self.perform(Request("get_stats", self.asking(owner, asker)), act)


def _page(rows: list[Any], page: int, size: int) -> dict[str, Any]:
    return {
        "tasks": rows[(page - 1) * size : page * size],
        "total": len(rows),
        "page": page,
        "page_size": size,
        "pages": -(-len(rows) // size),
        "has_more": page * size < len(rows),
    }


def _stats(person: Person, now: datetime) -> dict[str, Any]:
    tasks = person.live()
    zone = ZoneInfo(person.settings["time_zone"])
    today = now.astimezone(zone).date()
    done = Counter(t.completed_at.astimezone(zone).date() for t in tasks if t.completed_at)
    days = [today - timedelta(days=ago) for ago in reversed(range(_DAYS))]
    streak = 0
    last = today if done[today] else today - timedelta(days=1)
    while done[last - timedelta(days=streak)]:
        streak += 1
    completed = sum(task.completed for task in tasks)
    return {
        "total": len(tasks),
        "by_status": {"pending": len(tasks) - completed, "completed": completed},
        "overdue": sum(task.is_overdue for task in tasks),
        "by_priority": {
            word: _counts([task for task in tasks if task.priority == word]) for word in PRIORITIES
        },
        "by_tag": _most_first(_by_tag(person, tasks)),
        "by_project": _most_first(_by_project(person, tasks)),
        "done_per_day": [{"day": day.isoformat(), "completed": done[day]} for day in days],
        "streak": streak,
    }


def _counts(tasks: list[Task]) -> dict[str, Any]:
    return {"total": len(tasks), "completed": sum(task.completed for task in tasks)}


def _by_tag(person: Person, tasks: list[Task]) -> list[dict[str, Any]]:
    keys = {same_name(name) for task in tasks for name in task.tags}
    found = []
    for key in keys:
        tag = person.tag(key)
        assert tag is not None, f"no tag {key}"
        its = [task for task in tasks if key in map(same_name, task.tags)]
        found.append({"name": tag.name, **_counts(its)})
    return found


def _by_project(person: Person, tasks: list[Task]) -> list[dict[str, Any]]:
    found = []
    for project_id in {task.project_id for task in tasks}:
        row = None if project_id is None else person.rows[project_id]
        name = row.name if isinstance(row, Project) else None
        its = [task for task in tasks if task.project_id == project_id]
        found.append({"project_id": project_id and str(project_id), "name": name, **_counts(its)})
    return found


def _most_first(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(counts, key=lambda its: (-its["total"], its["name"] or ""))
