"""The office as a WSGI application, for gunicorn."""

import gc
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from wsgiref.types import StartResponse, WSGIEnvironment

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connections

from hadir.config import SettingError
from hadir.office.ground.installation import HERE
from hadir.office.programs.conditions import require_address, require_law, require_named_law
from hadir.office.programs.upgrading import refuse_missing_database, require_tables
from hadir.owners import refuse_foreign_root, umask_for
from hadir.site import SiteError

#: What gunicorn takes for a worker that can never start; any other would be started again and again.
_CANNOT_START = 3

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hadir.office.settings")  # noqa: TID251 - Django reads it by name

_READ_BYTES = 65_536

try:
    os.umask(umask_for(HERE.settings.data))
    refuse_foreign_root(HERE.site.roster_folder)
    require_law(HERE.settings)
    require_address(HERE.settings, HERE.site)
    refuse_missing_database(HERE.site, HERE.settings.office_db)
    _django = get_wsgi_application()
    require_tables()
    require_named_law()
    connections.close_all()  # what is opened here, no worker may inherit
    import_module(settings.ROOT_URLCONF)  # every page is read now, and not while the first person of each worker waits
except (SiteError, SettingError) as error:
    sys.stderr.write(f"hadir office: {error}\n")
    raise SystemExit(_CANNOT_START) from error


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Every request is read to its end, whether or not its page looked at the body: what stays unread is taken for the
    next request, or breaks the connection before its sender has the answer.
    """
    answer = _django(environ, start_response)
    while environ["wsgi.input"].read(_READ_BYTES):
        pass
    return answer


gc.freeze()  # what the start made stays: nobody looks for garbage in it while a page is made
