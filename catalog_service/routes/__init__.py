"""The catalog service's HTTP routes."""
