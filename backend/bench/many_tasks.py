"""Rows to find things among: a million tasks of a thousand users, and of two who have more.

A user's rows lie scattered among those of all others, as they were made at all times. Of all tasks,
a third is completed, half has a description, every seventh is not in ASCII, two in five have tags,
half is in a project, every twentieth is a part of another, and every tenth was moved.
"""

import asyncpg

USERS, EACH = 1000, 1000
MIDDLE, GREAT = "ten thousand", "a hundred thousand"
_CYCLE = USERS + 110
"""In each so many tasks, every user has one, the middle one ten and the great one a hundred."""

_TASKS = f"""
INSERT INTO task (user_id, id, title, description, completed, completed_at, priority, tags,
                  category, project_id, parent_id, position, created_at, updated_at)
SELECT its_owner, its_id, title, description, done, CASE WHEN done THEN changed END,
       ('{{none,low,medium,medium,medium,high,urgent}}'::text[])[1 + h % 7],
       CASE WHEN h % 5 < 2 THEN (ARRAY['home', 'Errands', 'Büro', 'call', 'läter', 'x' || h % 40])
            [1 + h % 3 : 1 + h % 3 + h % 2] ELSE '{{}}' END,
       CASE WHEN h % 6 = 0 THEN 'category ' || h % 9 END,
       CASE WHEN h % 2 = 0 THEN md5(its_owner || h % 16)::uuid END,
       CASE WHEN h % 20 = 0 AND n > {_CYCLE} THEN lpad(to_hex(n - {_CYCLE}), 32, '0')::uuid END,
       CASE WHEN h % 10 = 3 THEN 'm' || md5(n::text) ELSE 'r' || lpad(to_hex(n), 18, '0') END,
       made, changed
FROM (
    SELECT n, h, lpad(to_hex(n), 32, '0')::uuid AS its_id,
           CASE WHEN n % {_CYCLE} < {USERS} THEN 'user ' || n % {_CYCLE}
                WHEN n % {_CYCLE} < {USERS} + 10 THEN '{MIDDLE}' ELSE '{GREAT}' END AS its_owner,
           words[1 + h % 20] || ' ' || words[1 + h / 20 % 20] || ' ' || words[1 + h / 400 % 20]
               || CASE WHEN h % 7 = 0 THEN ' für Zoë' ELSE ' ' || n END AS title,
           CASE WHEN h / 7 % 2 = 0 THEN repeat(words[1 + h / 11 % 20] || ' and ', 1 + h % 30)
               END AS description,
           h / 3 % 3 = 0 AS done,
           timestamptz '2024-01-01' + n * interval '1 minute' AS made,
           timestamptz '2024-01-01' + n * interval '1 minute' + h % 500 * interval '1 hour'
               AS changed
    FROM (SELECT n, abs(hashint4(n)) AS h FROM generate_series(1, $1) AS n) AS numbered,
         (SELECT string_to_array('buy call write mend paint plan read send wash bring milk bread '
              'letter house garden bicycle taxes dentist mother invoice', ' ') AS words) AS listed
) AS made
"""

_PROJECTS = """
INSERT INTO project (user_id, id, name, position, created_at, updated_at)
SELECT its_owner, md5(its_owner || n)::uuid, 'Project ' || n, 'r' || n, now(), now()
FROM (SELECT DISTINCT user_id FROM task) AS owners(its_owner), generate_series(0, 14, 2) AS n
"""


async def fill(url: str, share: float = 1.0) -> int:
    """Load them as a restore does, with no trigger; gives how many there are."""
    connection = await asyncpg.connect(url, server_settings={"session_replication_role": "replica"})
    try:
        count = int(_CYCLE * EACH * share)
        await connection.execute(_TASKS, count)
        await connection.execute(_PROJECTS)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return count
