"""Tests of the ingest engine that need no server."""
