"""The auth service as gunicorn and `flask --app auth_service.wsgi` load it."""

from auth_service.app import create_app
from auth_service.settings import AuthSettings

app = create_app(AuthSettings.from_environment())
