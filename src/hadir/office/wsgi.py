"""The office as a WSGI application, for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hadir.office.settings")  # noqa: TID251 - Django reads it by name

application = get_wsgi_application()
gc.freeze()  # what the start made stays: nobody looks for garbage in it while a page is made
