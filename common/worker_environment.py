"""What gunicorn's settings tell a worker by its environment, before it imports an app."""

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder of the workers' metrics, as prometheus_client has it."""
WORKER_NUMBER = "WORKER_NUMBER"
"""Tells a worker from the others that run; an ended one's number is given again."""
