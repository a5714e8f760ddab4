"""Paths whose last word others would take for an id."""

from starlette.routing import Match
from starlette.types import Scope

from todo_server.api.routing.owner_route import OwnerRoute


class NamedRoute(OwnerRoute):
    """One that stands before the routes whose patterns match its path as well."""

    hides_others = True

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Match for every method: the word is no id, which others would take it for."""
        match, child = super().matches(scope)
        return (match if match is Match.NONE else Match.FULL), child
