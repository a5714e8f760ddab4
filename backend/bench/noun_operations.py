"""The operations on projects, tags, filters, webhooks and the like; see `operations.py`."""

from hostile import Target

NOUNS = {
    "projects": {"name": "Household"},
    "tags": {"name": "home"},
    "filters": {"name": "To do", "query": {"status": "pending"}},
    "webhooks": {"url": "https://example.com/hook"},
}
"""What has to be there, by its path."""

_ROW = (("name", "House"), ("color", "#2e7d32"), ("move", {"last": True}))
_QUERY = (("name", "Done"), ("query", {"status": "completed", "sort": "title"}))

_HOOK = (("url", "https://example.com/hook"), ("events", ["changes"]), ("enabled", True))
_NOBODYS = "00000000-0000-7000-8000-000000000000"

_SETTINGS = (("time_zone", "Europe/Berlin"), ("week_start", "sunday"))


def noun_targets(token: str, project_id: str, filter_id: str, webhook_id: str) -> list[Target]:
    """All of them; what is deleted is what the others were about, and so the last of each."""
    project, saved = f"/api/me/projects/{project_id}", f"/api/me/filters/{filter_id}"
    tag, hook = "/api/me/tags/home", f"/api/me/webhooks/{webhook_id}"
    asked = [
        ("list_projects", "GET", "/api/me/projects", ()),
        ("create_project", "POST", "/api/me/projects", (*_ROW, ("archived", False))),
        ("get_project", "GET", project, ()),
        ("update_project_by_put", "PUT", project, _ROW),
        ("update_project_by_patch", "PATCH", project, _ROW),
        ("delete_project", "DELETE", project, ()),
        ("list_tags", "GET", "/api/me/tags", ()),
        ("get_tag", "GET", tag, ()),
        ("update_tag_by_put", "PUT", tag, _ROW[1:]),
        ("update_tag_by_patch", "PATCH", tag, _ROW[1:]),
        ("create_tag", "POST", "/api/me/tags", _ROW),
        ("merge_tag", "POST", f"{tag}/merge", (("into", "House"),)),
        ("delete_tag", "DELETE", "/api/me/tags/house", ()),
        ("list_filters", "GET", "/api/me/filters", ()),
        ("create_filter", "POST", "/api/me/filters", _QUERY),
        ("get_filter", "GET", saved, ()),
        ("update_filter_by_put", "PUT", saved, _QUERY),
        ("update_filter_by_patch", "PATCH", saved, _QUERY),
        ("list_filtered_tasks", "GET", f"{saved}/tasks", ()),
        ("delete_filter", "DELETE", saved, ()),
        ("get_settings", "GET", "/api/me/settings", ()),
        ("update_settings", "PATCH", "/api/me/settings", _SETTINGS),
        ("list_notifications", "GET", "/api/me/notifications", ()),
        ("update_notification", "PATCH", f"/api/me/notifications/{_NOBODYS}", (("read", True),)),
        ("read_notifications", "POST", "/api/me/notifications/read", (("ids", [_NOBODYS]),)),
        ("list_webhooks", "GET", "/api/me/webhooks", ()),
        ("create_webhook", "POST", "/api/me/webhooks", _HOOK),
        ("get_webhook", "GET", hook, ()),
        ("update_webhook", "PATCH", hook, _HOOK),
        ("renew_webhook_secret", "POST", f"{hook}/secret", ()),
        ("test_webhook", "POST", f"{hook}/test", ()),
        ("list_deliveries", "GET", f"{hook}/deliveries", ()),
        ("delete_webhook", "DELETE", hook, ()),
    ]
    return [Target(*each, token=token) for each in asked]
