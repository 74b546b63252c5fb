from __future__ import annotations

from pathlib import PurePosixPath

from whitenoise.middleware import WhiteNoiseMiddleware


class Files(WhiteNoiseMiddleware):
    """The built app's files, but the page itself, which `views.web_app` answers with, and notes of the build's own."""

    def add_file_to_dictionary(self, url: str, path: str, stat_cache: dict | None = None) -> None:
        name = PurePosixPath(url).name
        if url != "/index.html" and not name.startswith("."):
            super().add_file_to_dictionary(url, path, stat_cache=stat_cache)
