"""Django's settings, from `hadir.config` by way of `installation`. Nothing here reads the environment."""

from http import HTTPStatus
from logging import LogRecord
from pathlib import Path

from django.utils.functional import lazystr
from django.utils.log import CallbackFilter

from hadir.office.ground.installation import HERE, database_of
from hadir.web import STATIC


class _SessionSecret:
    """Read from the data folder when something is first signed, so that type checkers and migrations need no folder."""

    def __str__(self) -> str:
        return HERE.site.session_secret()


def is_no_busy_answer(record: LogRecord) -> bool:
    return getattr(record, "status_code", None) != HTTPStatus.SERVICE_UNAVAILABLE


def without_callers_traceback(record: LogRecord) -> bool:
    """That a request was wrong is one line; where in Django it was noticed tells nobody anything."""
    if HTTPStatus.BAD_REQUEST <= getattr(record, "status_code", 0) < HTTPStatus.INTERNAL_SERVER_ERROR:
        record.exc_info = record.exc_text = None
    return True


SECRET_KEY = lazystr(_SessionSecret())
DEBUG = False
ALLOWED_HOSTS = list(HERE.hosts)
ROOT_URLCONF = "hadir.office.urls"
WSGI_APPLICATION = "hadir.office.wsgi.application"

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "hadir.office.page",
    "hadir.office.units",
    "hadir.office.people",
    "hadir.office.accounts",
    "hadir.office.devices",
    "hadir.office.duties",
    "hadir.office.law_pages",
    "hadir.office.acts",
    "hadir.office.comparing",
    "hadir.office.erasing",
    "hadir.office.excuses",
    "hadir.office.excuse_pages",
    "hadir.office.outages",
    "hadir.office.manual",
    "hadir.office.status",
    "hadir.office.projection",
    "hadir.office.days",
    "hadir.office.day_pages",
    "hadir.office.months",
    "hadir.office.month_pages",
    "hadir.office.exports",
    "hadir.office.intake",
    "hadir.office.register",
    "hadir.office.readiness",
    "hadir.office.home",
]

MIDDLEWARE = [
    "hadir.office.page.middleware.heads",
    "hadir.office.page.middleware.security_headers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hadir.office.page.middleware.clock_and_language",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "hadir.office.accounts.middleware.session_limits",
    "hadir.office.accounts.middleware.actor",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["hadir.office.page.templatetags.hadir"],
            "context_processors": [
                "django.template.context_processors.request",
                "hadir.office.home.waiting.frame",
            ],
        },
    },
]

DATABASES = {"default": database_of(HERE.settings.office_db, HERE.office_db)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "/kantor/masuk/"
PASSWORD_HASHERS = ["hadir.office.accounts.hashers.PasswordHasher"]

# Dates and texts are ours: one catalogue (hadir.texts), one zone for storage; the work place's zone is a unit's fact.
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False

STATIC_URL = "/kantor/static/"
STATICFILES_DIRS = [Path(__file__).parent / "static", STATIC]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
WHITENOISE_MAX_AGE = 3600

# A `__Host-` cookie is bound to this host, to https and to the whole site; browsers refuse it over plain http.
_COOKIE_PREFIX = "__Host-" if HERE.https else ""
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}hadir_sesi"
SESSION_COOKIE_SECURE = HERE.https
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}hadir_csrf"
CSRF_COOKIE_SECURE = HERE.https
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "hadir.office.page.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [HERE.public_url] if HERE.public_url else []
SECURE_CONTENT_TYPE_NOSNIFF = True
# Nothing is told to other sites. Not `no-referrer`: browsers then send `Origin: null` with our own forms.
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31_536_000 if HERE.https else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HERE.https else None

DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
# A unit's whole list in one form.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    # That there was no place for somebody was told to him; a line for each of thousands tells nobody anything.
    "filters": {
        "unless_busy": {"()": CallbackFilter, "callback": is_no_busy_answer},
        "without_callers_traceback": {"()": CallbackFilter, "callback": without_callers_traceback},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "filters": ["unless_busy", "without_callers_traceback"]}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
}
