"""The least that Flask can do: what a request costs before anything is done for it."""

from flask import Flask

app = Flask(__name__)


@app.get("/hello")
def hello() -> dict[str, str]:
    """Answer."""
    return {"msg": "hello"}
