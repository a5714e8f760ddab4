"""The operations on projects, tags, filters and settings, as `operations.py` has the others."""

from hostile import Target

NOUNS = {
    "projects": {"name": "Household"},
    "tags": {"name": "home"},
    "filters": {"name": "To do", "query": {"status": "pending"}},
}
"""What has to be there, by its path."""

_ROW = (("name", "House"), ("color", "#2e7d32"), ("move", {"last": True}))
_QUERY = (("name", "Done"), ("query", {"status": "completed", "sort": "title"}))

_SETTINGS = (("time_zone", "Europe/Berlin"), ("week_start", "sunday"))


def noun_targets(token: str, project_id: str, filter_id: str) -> list[Target]:
    """All of them; what is deleted is what the others were about, and so the last of each."""
    project, saved = f"/api/me/projects/{project_id}", f"/api/me/filters/{filter_id}"
    tag = "/api/me/tags/home"
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
    ]
    return [Target(*each, token=token) for each in asked]
