"""What reads parameters of a query."""

import pytest
from pydantic import ValidationError

from todo_server.domain.task_query import TaskQuery

NO_WORDS: list[object] = ["ALL", "later", None, 0, True, [], ["all"], {}, set()]


@pytest.mark.parametrize("word", NO_WORDS, ids=repr)
def test_what_is_none_of_the_words_is_refused_with_the_words(word):
    with pytest.raises(ValidationError) as refused:
        TaskQuery(status=word)
    error, *_ = refused.value.errors()
    assert (error["type"], error["loc"]) == ("invalid", ("status",))
    assert error["msg"].startswith(
        "Use one of all, pending, completed, overdue, incomplete, active, open,"
    )
