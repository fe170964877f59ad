"""Addresses that are for the machinery around the services, and that no gateway routes."""

ALIVE_PATH = "/healthz"
READY_PATH = "/readyz"
METRICS_PATH = "/metrics"
REVOKED_TOKENS_PATH = "/revoked-tokens"
"""Where the auth service tells the others which tokens it has revoked."""
INTERNAL_PATHS = (ALIVE_PATH, READY_PATH, METRICS_PATH, REVOKED_TOKENS_PATH)
