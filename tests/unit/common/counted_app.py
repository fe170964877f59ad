"""An app whose requests are counted, as gunicorn loads it."""

from flask import Flask

from common.logs import register_request_log
from common.metrics import register_metrics

app = Flask(__name__)
register_request_log(app)
register_metrics(app)


@app.get("/tea")
def tea() -> dict[str, str]:
    """Answer."""
    return {}
