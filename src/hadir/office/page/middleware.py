from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse

from hadir.office.ground.installation import HERE
from hadir.office.page.requests import Lang, OfficeRequest
from hadir.web import OFFICE_POLICY

Handler = Callable[[HttpRequest], HttpResponse]
LANGUAGE_COOKIE = "hadir_bahasa"
LANGUAGES: tuple[Lang, ...] = ("id", "en")


def security_headers(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = OFFICE_POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        if not request.path.startswith("/kantor/static/"):
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def heads(get_response: Handler) -> Handler:
    """A HEAD is a GET whose body stays here (RFC 9110, 9.3.2): no page needs to know of it."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return get_response(request)
        request.method = "GET"
        response = get_response(request)
        if response.streaming:
            cast("StreamingHttpResponse", response).streaming_content = ()
        else:
            response.content = b""  # its Content-Length has been said
        return response

    return middleware


def clock_and_language(get_response: Handler) -> Handler:
    def middleware(request: HttpRequest) -> HttpResponse:
        office = cast("OfficeRequest", request)
        office.now_ms = HERE.clock.now_ms()
        office.lang = next((lang for lang in LANGUAGES if lang == request.COOKIES.get(LANGUAGE_COOKIE)), "id")
        return get_response(request)

    return middleware
