"""An endpoint that does nothing: what the framework itself costs, the reference for CPU ratios."""

from fastapi import FastAPI

app = FastAPI()


@app.get("/api/{user_id}/tasks")
async def nothing(user_id: str) -> dict[str, str]:
    return {"user_id": user_id}
