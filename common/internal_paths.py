"""Addresses that are for the machinery around the services, and that no gateway routes."""

HEALTH_PATHS = ("/healthz", "/readyz")
REVOKED_TOKENS_PATH = "/revoked-tokens"
"""Where the auth service tells the others which tokens it has revoked."""
INTERNAL_PATHS = (*HEALTH_PATHS, REVOKED_TOKENS_PATH)
