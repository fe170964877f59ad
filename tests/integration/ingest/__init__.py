"""The ingest engine against a real MySQL."""
