"""The backend of a multi-user to-do application: a REST API on FastAPI and PostgreSQL."""

__version__ = "0.1.0"
