"""What is mailed: a delivery of each reminder, for those who ask for it and have an account.

In the statement that makes the notification, whoever makes it, so that there is never one without
the other.
"""

from collections.abc import Iterator

from sqlalchemy import Table

MOST_A_DAY = 100
"""Mails of one user in 24 hours: nobody has proved that the address is theirs."""

# Each statement makes notifications of one user, whose turn it has (`one_trip.py`).
_MAIL = """
CREATE OR REPLACE FUNCTION mail_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_owner text := (SELECT user_id FROM made WHERE kind = 'reminder' LIMIT 1);
    most bigint;
BEGIN
    IF EXISTS (SELECT FROM {schema}.my_settings AS settings
               WHERE settings.user_id = its_owner AND settings.email_reminders)
       AND EXISTS (SELECT FROM {schema}.my_account AS account WHERE account.user_id = its_owner)
    THEN
        SELECT {most} + count(*) INTO most FROM made;
        SELECT most - count(*) INTO most
            FROM (SELECT created_at FROM {schema}.my_notification WHERE user_id = its_owner
                  ORDER BY id DESC LIMIT most) AS newest
            WHERE created_at > (SELECT min(created_at) FROM made) - interval '1 day';
        INSERT INTO {schema}.my_delivery
                (user_id, channel, event, notification_id, created_at, next_at)
            SELECT made.user_id, 'mail', 'reminder', made.id, made.created_at, made.created_at
            FROM made WHERE made.kind = 'reminder' ORDER BY made.id LIMIT most;
        PERFORM {schema}.wake(its_owner, 'mails', (SELECT min(created_at) FROM made));
    END IF;
    RETURN NULL;
END $$
"""

_TRIGGERS = {
    "mail_made": "AFTER INSERT ON notification REFERENCING NEW TABLE AS made"
    " FOR EACH STATEMENT EXECUTE FUNCTION mail_notifications()",
}
TRIGGERS = tuple(_TRIGGERS)


def mailing(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes the trigger in a schema, quoted, for the table of notifications."""
    if table.name == "notification":
        yield _MAIL.format(schema=schema, most=MOST_A_DAY)
        for name, definition in _TRIGGERS.items():
            yield f"CREATE TRIGGER {name} {definition}"
