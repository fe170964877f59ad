"""Addresses that are for the machinery around the services, and that no gateway routes."""

ALIVE_PATH = "/healthz"
READY_PATH = "/readyz"
REVOKED_TOKENS_PATH = "/revoked-tokens"
"""Where the auth service tells the others which tokens it has revoked."""
INTERNAL_PATHS = (ALIVE_PATH, READY_PATH, REVOKED_TOKENS_PATH)
