"""Where a row stands that nobody has put anywhere: behind all that was made before.

Whoever makes it says so (`services/places.py`); this is for rows that come by other ways.
"""

from todo_server.domain.position import DIGITS_OF_ID, HEAD_OF_ID

SET_POSITION = f"""IF NEW.position IS NULL THEN
        NEW.position := '{HEAD_OF_ID}' || left(replace(NEW.id::text, '-', ''), {DIGITS_OF_ID});
    END IF;"""
"""Lines of the trigger that runs before a row is written (`change_log.py`)."""
