"""What triggers make of a user's webhooks: deliveries, and whether changes are followed.

A notification that a webhook asks for becomes a delivery in the statement that makes it, whoever
makes it, so that there is never one without the other. Of changes the log itself tells: each entry
inherits from the one before it whether any webhook asks for them (`followed`), so that a user who
has none pays nothing for it, and the first entry of all looks.
"""

from collections.abc import Iterator

from sqlalchemy import Table

MAX_WAITING = 10_000
"""Deliveries that wait for one webhook: what comes beyond is in the notifications alone."""

# Each statement makes notifications of one user, whose turn it has (`one_trip.py`).
_DELIVER = """
CREATE OR REPLACE FUNCTION deliver_notifications() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    its_owner text;
    its_instant timestamptz;
BEGIN
    WITH listening AS MATERIALIZED (
        SELECT webhook.user_id, webhook.id FROM {schema}.my_webhook AS webhook
        WHERE webhook.user_id = (SELECT user_id FROM made LIMIT 1)
          AND webhook.enabled AND 'reminders' = ANY (webhook.events)
          AND (SELECT count(*) FROM (
                  SELECT FROM {schema}.my_delivery AS waiting
                  WHERE waiting.user_id = webhook.user_id AND waiting.channel = 'webhook'
                    AND waiting.webhook_id = webhook.id AND waiting.next_at IS NOT NULL
                  LIMIT {most}) AS those) < {most}
    ), delivered AS (
        INSERT INTO {schema}.my_delivery
                (user_id, channel, webhook_id, event, notification_id, created_at, next_at)
            SELECT made.user_id, 'webhook', listening.id, 'reminder', made.id,
                   made.created_at, made.created_at
            FROM made JOIN listening USING (user_id)
            WHERE made.kind = 'reminder' ORDER BY made.id
        RETURNING user_id, next_at
    )
    SELECT user_id, min(next_at) INTO its_owner, its_instant FROM delivered GROUP BY user_id;
    IF its_owner IS NOT NULL THEN
        PERFORM {schema}.wake(its_owner, 'deliveries', its_instant);
    END IF;
    RETURN NULL;
END $$
"""

_FOLLOW = """
CREATE OR REPLACE FUNCTION follow(owner text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    is_followed boolean := nullif(EXISTS (
        SELECT FROM {schema}.my_webhook
        WHERE user_id = owner AND enabled AND 'changes' = ANY (events)), false);
BEGIN
    UPDATE {schema}.my_change SET followed = is_followed
        WHERE user_id = owner AND followed IS DISTINCT FROM is_followed
          AND number = (SELECT number FROM {schema}.my_change WHERE user_id = owner
                        ORDER BY number DESC LIMIT 1);
    RETURN is_followed;
END $$
"""

_FOLLOW_CHANGES = """
CREATE OR REPLACE FUNCTION follow_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM {schema}.follow(coalesce(NEW.user_id, OLD.user_id));
    RETURN NULL;
END $$
"""

_TRIGGERS = {
    "notification": {
        "notifications_made": "AFTER INSERT ON notification REFERENCING NEW TABLE AS made"
        " FOR EACH STATEMENT EXECUTE FUNCTION deliver_notifications()",
    },
    "webhook": {
        "webhook_changed": "AFTER INSERT OR DELETE OR UPDATE OF events, enabled ON webhook"
        " FOR EACH ROW EXECUTE FUNCTION follow_changes()",
    },
}
TRIGGERS = tuple(name for its in _TRIGGERS.values() for name in its)


def webhook_rules(table: Table, schema: str = "public") -> Iterator[str]:
    """Give what makes these triggers in a schema, quoted; nothing for other tables."""
    if table.name == "notification":
        yield _DELIVER.format(schema=schema, most=MAX_WAITING)
    if table.name == "webhook":
        yield _FOLLOW_CHANGES.format(schema=schema)
        yield _FOLLOW.format(schema=schema)
    for name, definition in _TRIGGERS.get(table.name, {}).items():
        yield f"CREATE TRIGGER {name} {definition}"
