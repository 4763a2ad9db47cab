"""The console's files: the app for every path it routes itself, hashed assets kept for ever."""

from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.middleware import MACHINE_PATH

FOR_EVER = "public, max-age=31536000, immutable"
NOT_BUILT = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>V2G Hub</title>
<h1>The console is not built</h1>
<p>Run <code>make console</code> in the project's folder, then load this page again.
<p>The API runs: its description is at <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>.
</html>
"""


class Console(StaticFiles):
    """Static files; a path without a file is the app's own, unless it is the API's."""

    def __init__(self, folder: Path) -> None:
        super().__init__(directory=folder, check_dir=False)
        self._index = folder / "index.html"

    async def check_config(self) -> None:
        """A missing folder is no mistake: the console may not be built yet."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, else the app; says how to build the console if there is none."""
        if MACHINE_PATH.match(scope["path"]):
            raise HTTPException(404)
        if not self._index.is_file():
            return HTMLResponse(NOT_BUILT, 503 if path == "." else 404)
        is_file = "." in path.rsplit("/", 1)[-1] and path != "."
        answer = await super().get_response(path if is_file else "index.html", scope)
        kept = FOR_EVER if path.startswith("assets/") else "no-cache"
        answer.headers["Cache-Control"] = kept
        return answer
