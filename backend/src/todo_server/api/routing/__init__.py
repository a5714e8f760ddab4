"""The way of a request to its endpoint: path, identity, body; and how answers are written."""
