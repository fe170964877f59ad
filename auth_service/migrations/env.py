"""Alembic's entry to the auth service's migrations."""

from common.migrations import run_migrations

run_migrations("auth_service.migrations")
