"""A HEAD is answered as a GET without its body, on every page that can be read."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

PAGES = ("/kantor/", "/kantor/status/", "/kantor/static/hadir/office.css", "/kantor/hari-ini/3/", "/kantor/nothing/")


@pytest.mark.parametrize("path", PAGES)
def test_a_head_is_a_get_whose_body_stays(rina: Client, path: str) -> None:
    full, head = rina.get(path), rina.head(path)
    body = b"".join(head.streaming_content) if head.streaming else head.content
    assert (head.status_code, body) == (full.status_code, b"")
    assert head.headers.get("Content-Length") == full.headers.get("Content-Length")
    assert head.headers["Content-Type"] == full.headers["Content-Type"]


def test_what_only_takes_a_form_takes_no_head(rina: Client) -> None:
    assert rina.head("/kantor/keluar/").status_code == rina.get("/kantor/keluar/").status_code == 405
