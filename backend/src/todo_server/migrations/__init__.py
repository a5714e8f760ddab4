"""The schema's history, and the command that brings a database to the newest version."""
