"""What surrounds every request: its log line, CORS, hosts, and limits."""
