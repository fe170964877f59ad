"""The auth service's HTTP routes."""
