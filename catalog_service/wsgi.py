"""The catalog service as gunicorn and `flask --app catalog_service.wsgi` load it."""

from catalog_service.app import create_app
from catalog_service.settings import CatalogSettings

app = create_app(CatalogSettings.from_environment())
