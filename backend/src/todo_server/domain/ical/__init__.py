"""Tasks as a calendar writes them (RFC 5545): text of lines, without I/O.

`lines` knows how a line is written, `dates` how a date is, `time_zones` what a zone comes to,
`rules` what is left of a rule, `components` what a task becomes, `document` what is around them.
"""

from todo_server.domain.ical.components import Component, event_of, todo_of
from todo_server.domain.ical.document import Calendar

__all__ = ["Calendar", "Component", "event_of", "todo_of"]
