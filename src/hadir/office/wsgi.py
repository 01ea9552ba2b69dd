"""The office as a WSGI application, for gunicorn."""

import gc
import os
import sys

from django.core.wsgi import get_wsgi_application

from hadir.config import SettingError
from hadir.office.conditions import require_address, require_law, require_named_law
from hadir.office.installation import HERE
from hadir.office.upgrading import require_tables
from hadir.site import SiteError

#: What gunicorn takes for a worker that can never start; any other would be started again and again.
_CANNOT_START = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hadir.office.settings")  # noqa: TID251 - Django reads it by name

try:
    require_law(HERE.settings)
    require_address(HERE.settings, HERE.site)
    application = get_wsgi_application()
    require_tables()
    require_named_law()
except (SiteError, SettingError) as error:
    sys.stderr.write(f"hadir office: {error}\n")
    raise SystemExit(_CANNOT_START) from error
gc.freeze()  # what the start made stays: nobody looks for garbage in it while a page is made
