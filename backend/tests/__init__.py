"""The test suite: real PostgreSQL, real HTTP, fresh users, real commits."""
