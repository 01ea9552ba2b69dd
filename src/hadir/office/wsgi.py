"""The office as a WSGI application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hadir.office.settings")  # noqa: TID251 - Django reads it by name

application = get_wsgi_application()
