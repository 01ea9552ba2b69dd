"""What all pages of Hadir share, whichever program serves them: a content security policy and the style tokens."""

from pathlib import Path

#: For the office's static files; the door sends the tokens with its own page, and the phone's build takes them in.
STATIC = Path(__file__).with_name("static")
TOKENS = STATIC / "hadir" / "tokens.css"

_LOADED = ("script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'")
_BOUNDS = ("base-uri 'none'", "form-action 'self'", "frame-ancestors 'none'")


def content_security_policy(*more: str) -> str:
    """Nothing from other origins, nothing inline. `more` names what else may come from the page's own origin."""
    return "; ".join(["default-src 'none'", *_LOADED, *(f"{one} 'self'" for one in more), *_BOUNDS])


#: deploy/nginx.conf says the same; a test compares them.
SHELL_POLICY = content_security_policy("manifest-src", "worker-src")
OFFICE_POLICY = content_security_policy("font-src")
