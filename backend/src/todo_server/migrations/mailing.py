"""What is mailed: a delivery of each reminder, for those who ask for it and have an account.

In the statement that makes the notification, whoever makes it, so that there is never one without
the other.
"""

from collections.abc import Iterator

from sqlalchemy import Table

# Each statement makes notifications of one user, whose turn it has (`one_trip.py`).
_MAIL = """
CREATE OR REPLACE FUNCTION mail_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_owner text := (SELECT user_id FROM made WHERE kind = 'reminder' LIMIT 1);
BEGIN
    IF EXISTS (SELECT FROM {schema}.my_settings AS settings
               WHERE settings.user_id = its_owner AND settings.email_reminders)
       AND EXISTS (SELECT FROM {schema}.my_account AS account WHERE account.user_id = its_owner)
    THEN
        INSERT INTO {schema}.my_delivery
                (user_id, channel, event, notification_id, created_at, next_at)
            SELECT made.user_id, 'mail', 'reminder', made.id, made.created_at, made.created_at
            FROM made WHERE made.kind = 'reminder' ORDER BY made.id;
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
        yield _MAIL.format(schema=schema)
        for name, definition in _TRIGGERS.items():
            yield f"CREATE TRIGGER {name} {definition}"
