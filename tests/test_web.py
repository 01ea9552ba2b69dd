"""One content security policy and one file of style tokens, whichever program serves the page."""

import re
from pathlib import Path

import pytest

from hadir.door.answers import SHELL_HEADERS, status_css
from hadir.office.page import middleware
from hadir.web import OFFICE_POLICY, SHELL_POLICY, TOKENS

ROOT = Path(__file__).resolve().parents[1]


def texts(*folders: str) -> dict[Path, str]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file())
    kinds = {".py", ".css", ".html", ".conf", ".ts", ".tsx", ".js"}
    return {
        path.relative_to(ROOT): path.read_text(encoding="utf-8")
        for path in found
        if path.suffix in kinds and not {"node_modules", "dist"} & set(path.parts)
    }


def test_door_office_and_proxy_send_one_policy() -> None:
    proxy = re.findall(r'Content-Security-Policy "([^"]+)"', (ROOT / "deploy" / "nginx.conf").read_text("utf-8"))
    assert [SHELL_HEADERS["Content-Security-Policy"], *proxy] == [SHELL_POLICY, SHELL_POLICY]
    assert middleware.OFFICE_POLICY is OFFICE_POLICY
    written = [path for path, text in texts("src", "deploy", "phone/src").items() if "default-src" in text]
    assert sorted(map(str, written)) == ["deploy/nginx.conf", "src/hadir/web/__init__.py"]


@pytest.mark.parametrize("policy", [SHELL_POLICY, OFFICE_POLICY])
def test_nothing_of_another_origin_and_nothing_inline(policy: str) -> None:
    directives = dict(one.split(" ", 1) for one in policy.split("; "))
    assert directives.pop("default-src") == "'none'"
    assert directives.pop("img-src") == "'self' data:"
    assert (directives.pop("base-uri"), directives.pop("frame-ancestors")) == ("'none'", "'none'")
    assert set(directives.values()) == {"'self'"}
    assert {"script-src", "style-src", "connect-src", "form-action"} <= directives.keys()


def test_phone_office_and_door_take_the_tokens_from_one_file() -> None:
    named = [path for path in texts("src", "phone/src") if path.name == "tokens.css"]
    assert named == [TOKENS.relative_to(ROOT)]
    main = ROOT / "phone" / "src" / "app" / "main.tsx"
    (imported,) = re.findall(r'import "([^"]*tokens\.css)"', main.read_text("utf-8"))
    assert (main.parent / imported).resolve() == TOKENS
    assert status_css().startswith(TOKENS.read_bytes())
    assert not re.findall(rb"#[0-9a-f]{3,6}\b", status_css().removeprefix(TOKENS.read_bytes())), "a colour of its own"
