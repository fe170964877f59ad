"""Alembic's entry to the catalog service's migrations."""

from common.migrations import run_migrations

run_migrations("catalog_service.migrations")
