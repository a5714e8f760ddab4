"""The function of SQL that says which instant a date or a local time is, in a time zone.

`instant_of(text, zone, is_end)`, of the three kinds in `domain/dates.py`: an instant is itself. A
local time in a gap, which clocks jump over, is read with the offset before the gap; one that comes
twice is the first of the two (RFC 5545, section 3.3.5: PostgreSQL alone would take the second). Of
a date it is the first microsecond; with `is_end` the last one, so that a date that a zone has left
out, which has none, ends where the next one begins.

It is the only place that knows zones: all instants come from one table of them, PostgreSQL's own.
Columns hold what it gives: write another function, rather than edit this.
"""

CREATE_INSTANT_OF = """
CREATE FUNCTION instant_of(date_or_time text, zone text, is_end boolean) RETURNS timestamptz
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE AS $$
DECLARE
    wall timestamp;
    found timestamptz;
    a_day_before timestamptz;
    earlier timestamptz;
BEGIN
    IF right(date_or_time, 1) = 'Z' THEN
        RETURN date_or_time::timestamptz;
    END IF;
    wall := date_or_time::timestamp;
    IF is_end AND char_length(date_or_time) = 10 THEN
        wall := wall + interval '1 day';
        RETURN least((wall - interval '1 microsecond') AT TIME ZONE zone,
                     wall AT TIME ZONE zone - interval '1 microsecond');
    END IF;
    found := wall AT TIME ZONE zone;
    a_day_before := found - interval '24 hours';
    earlier := (wall - (a_day_before AT TIME ZONE zone - a_day_before AT TIME ZONE 'UTC'))
        AT TIME ZONE 'UTC';
    IF earlier < found AND earlier AT TIME ZONE zone = wall THEN
        RETURN earlier;
    END IF;
    RETURN found;
END $$
"""
