"""All layers together, with many users at once over few connections."""

import asyncio
import uuid
from typing import Any

import httpx

from tests.server import RunningServer, settings, token_for


def test_many_users_at_once_over_few_connections_each_see_only_their_own(database_url):
    async def live(client: httpx.AsyncClient, user_id: str) -> None:
        headers = {"Authorization": f"Bearer {token_for(user_id)}"}

        async def call(method: str, path: str = "", **options: Any) -> Any:
            url = f"/api/{user_id}/tasks{path}"
            response = await client.request(method, url, headers=headers, **options)
            assert response.is_success, response.text
            answer = response.json() if response.content else None
            for task in answer if isinstance(answer, list) else filter(None, [answer]):
                assert task["user_id"] == user_id
                assert task["title"].startswith(user_id)
            return answer

        for number in range(3):
            task = await call("POST", json={"title": f"{user_id} {number}"})
            await call("PATCH", f"/{task['id']}/complete")
            await call("PUT", f"/{task['id']}", json={"title": f"{user_id} changed"})
            assert await call("GET", f"/{task['id']}") == (await call("GET", "?limit=1"))[0]
            assert len(await call("GET", "?status=completed&sort=title")) == number + 1
        await call("DELETE", f"/{task['id']}")
        assert len(await call("GET")) == 2

    async def live_together() -> None:
        users = [f"{uuid.uuid4().hex}-{number}" for number in range(24)]
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
            await asyncio.gather(*(live(client, user_id) for user_id in users))

    with RunningServer(settings(database_url, database_pool_size=3)) as server:
        asyncio.run(live_together())
