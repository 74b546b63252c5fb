"""What a browser lets our pages do: run our own scripts, and be in nobody's frame."""

from __future__ import annotations

from collections.abc import MutableMapping

POLICY = ("default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
          "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
          "form-action 'self'; frame-ancestors 'none'")


def add_policy(headers: MutableMapping[str, str], path: str, url: str) -> None:
    """For WhiteNoise, which answers before the middleware that marks all else. An SVG can be a page, too."""
    headers["Content-Security-Policy"] = POLICY
    headers["X-Frame-Options"] = "DENY"
