"""The app's own HTTP routes: video by byte range, arrays for the player, exact frames, and its scripts.

Everything but the scripts and the state of health needs a sealed link (``links``).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from app.library.library import Library, Match
from app.library.placing import NO_PLAYERS, PlayerPlacing, team_colours
from app.library.playing import match_play
from app.library.roots import is_below, source_of
from app.library.uploads import Arriving
from app.library.video_reading import VIDEOS
from app.routes import packing
from app.routes.links import LinkSealer
from app.serving.viewer import viewer_of
from app.settings import DEMO, settings
from app.work.workers import WORKERS
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.match_calibrations import match_calibrations
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import TouchlineError
from spotting_core.base.files import FileState
from spotting_core.formats import calibration_table
from spotting_core.media.decode import resize_image
from spotting_core.players.kept_players import KeptPlayers
from spotting_core.players.play import PLAY
from spotting_core.store.database import open_database
from spotting_core.tasks.calibration import CALIBRATION

PREFIX = "/touchline"
SCRIPTS = Path(__file__).resolve().parent.parent / "components" / "scripts"
_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".webm": "video/webm", ".jpg": "image/jpeg"}
_PRIVATE = {
    "Cache-Control": "private, max-age=3600",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_MOST_WIDTH = 640
_MOST_PIXELS = 1e5
_MOST_CALIBRATIONS = 60.0  # a second


@lru_cache(maxsize=1)
def sealer() -> LinkSealer:
    return LinkSealer(settings().secret)


@lru_cache(maxsize=1)
def placing() -> PlayerPlacing:
    return PlayerPlacing(_library(), settings().data)


@lru_cache(maxsize=1)
def _library() -> Library:
    return Library(settings(), open_database(settings().data))


def _path(request: Request, kind: str) -> Path:
    path = _opened(request, request.path_params["token"], kind)
    if path is None:
        raise HTTPException(404)
    return path


def _opened(request: Request, token: str, kind: str) -> Path | None:
    """The path of a link, if it holds for this use in this browser and lies where the app may look."""
    path = sealer().open(token, kind, viewer=viewer_of(request))
    return path if path is not None and is_below(path, _places()) else None


def _places() -> tuple[Path, ...]:
    """Folders in which the files of links lie: matches, the demo match, and what was derived."""
    return (*settings().roots, DEMO.resolve(), settings().data.root.resolve())


async def media(request: Request) -> Response:
    """A video or picture file, by byte range."""
    path = _path(request, "media")
    if path.suffix.lower() not in _TYPES or not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, media_type=_TYPES[path.suffix.lower()], headers=_PRIVATE)


async def download(request: Request) -> Response:
    """A file that the app has made for the user, to be saved."""
    path = _path(request, "download")
    if not path.is_file():
        raise HTTPException(404)
    return FileResponse(path, filename=path.name, headers=_PRIVATE)


def array(request: Request) -> Response:
    """One array of one half, packed for the player (see ``packing``)."""
    folder = _path(request, "half")
    try:
        analysis = Analysis.open(folder.parent)
        half = analysis.half(int(folder.name.removeprefix("half")))
        body = packing.pack(half, request.path_params["name"], request.query_params)
    except (TouchlineError, KeyError, ValueError) as error:
        raise HTTPException(404, str(error)) from error
    return Response(body, media_type="application/octet-stream", headers=_PRIVATE)


def calibrations(request: Request) -> Response:
    """Where the pictures of a half look, frame by frame (see ``packing``)."""
    path, folder = _path(request, "calibrations"), _opened(request, request.path_params["half"], "half")
    if folder is None:
        raise HTTPException(404)
    try:
        body = _calibrations(FileState.of(path), folder)
    except (TouchlineError, OSError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    return Response(body, media_type="application/octet-stream", headers=_PRIVATE)


@lru_cache(maxsize=8)
def _calibrations(file: FileState, folder: Path) -> bytes:
    analysis, number = Analysis.open(folder.parent), int(folder.name.removeprefix("half"))
    if file.path.name == calibration_table.FILE_NAME:  # of a layer
        own = Analysis.open(file.path.parent.parent)
        return packing.pack_calibrations([c for c in own.findings(CALIBRATION) if c.half == number])
    rate = min(_MOST_CALIBRATIONS, analysis.half(number).record.frame_rate or analysis.record.rate)
    found = match_calibrations(source_of(file.path.parent), [analysis], rate=rate)
    return packing.pack_calibrations([c for c in found if c.half == number])


def players(request: Request) -> Response:
    """Everybody of a half on the pitch (see ``packing``); 202 while they are worked out."""
    folder, match = _path(request, "half"), _library().get(request.path_params["match"])
    headers = {**_PRIVATE, "Cache-Control": "no-store"}  # calibrations may come to the match at any time
    try:
        analysis = Analysis.open(folder.parent)
        if match is None or match.source_hash != analysis.record.source_id:
            raise HTTPException(404)
        found = placing().players(match, analysis)
        if found is None:
            return Response(status_code=202, headers=headers)
        number = int(folder.name.removeprefix("half"))
        body = packing.pack_players(found, number, len(analysis.half(number).times), team_colours(match, found))
    except (TouchlineError, OSError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    return Response(body, media_type="application/octet-stream", headers=headers)


def play(request: Request) -> Response:
    """Where play is in a half, sample by sample (see ``packing``); without the ball while players are worked out."""
    folder, match = _path(request, "half"), _library().get(request.path_params["match"])
    try:
        analysis = Analysis.open(folder.parent)
        if match is None or match.source_hash != analysis.record.source_id:
            raise HTTPException(404)
        found, problem = _players_or_why(match, analysis)
        layers = _library().layers(match)
        known = match_play(match, analysis, layers, found)
        if known is None:  # a file that is refused says why here: no place is told by it, whatever else is missing
            match_calibrations(source_of(match.path), [analysis, *layers])
        half = analysis.half(int(folder.name.removeprefix("half")))
        rows = np.zeros(len(half.times), PLAY) if known is None else known.play[half.half]
        body = packing.pack_play(rows, settled=found is not None or problem is not None, problem=problem)
    except (TouchlineError, OSError, ValueError) as error:
        raise HTTPException(422, str(error)) from error
    headers = {**_PRIVATE, "Cache-Control": "no-store"}
    return Response(body, media_type="application/octet-stream", headers=headers)


def _players_or_why(match: Match, analysis: Analysis) -> tuple[KeptPlayers | None, str | None]:
    """Everybody of a match, None while they are worked out; and why nobody can be placed."""
    if not analysis.has("entities"):
        return None, NO_PLAYERS
    try:
        return placing().players(match, analysis), None
    except TouchlineError as error:
        return None, str(error)


def frame_times(request: Request) -> Response:
    """Presentation times of all frames of a video, float64 seconds."""
    table = VIDEOS.ingest(_path(request, "frames"), settings().data).table
    return Response(
        (table.times / 1e6).astype("<f8").tobytes(), media_type="application/octet-stream", headers=_PRIVATE
    )


def picture(request: Request) -> Response:
    """One exact frame as JPEG, or a part of it: ``?frame=12&width=96&box=x1,y1,x2,y2`` (source pixels)."""
    path = _path(request, "frames")
    query = request.query_params
    try:
        width = min(_MOST_WIDTH, max(16, int(query.get("width", "320"))))
        number, box = int(query["frame"]), _box(query["box"]) if "box" in query else None
    except (KeyError, ValueError) as error:
        raise HTTPException(400, "give a frame, and if you like a width and a box=x1,y1,x2,y2") from error
    try:
        body = _picture(FileState.of(path), number, width, box, settings().data)
    except (TouchlineError, OSError, ValueError) as error:
        raise HTTPException(404, "no such frame") from error
    return Response(body, media_type="image/jpeg", headers=_PRIVATE)


def _box(text: str) -> tuple[float, ...]:
    """Corners of a box in a picture.

    Errors:
        ValueError: not four numbers that a picture could have, the second corner right of and below the first.
    """
    x1, y1, x2, y2 = box = tuple(float(value) for value in text.split(","))
    if not all(abs(value) <= _MOST_PIXELS for value in box) or x2 <= x1 or y2 <= y1:
        raise ValueError("no box")
    return box


@lru_cache(maxsize=512)
def _picture(video: FileState, number: int, width: int, box: tuple[float, ...] | None, data: DataDirectory) -> bytes:
    image = _frame(video, number, data)
    if box is not None:
        x1, y1, x2, y2 = square_around(box, image.shape[1], image.shape[0])
        image = image[y1:y2, x1:x2]
    height = max(1, round(image.shape[0] * width / image.shape[1]))
    sized = resize_image(image, width, height)
    return cv2.imencode(".jpg", cv2.cvtColor(sized, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])[1].tobytes()


@lru_cache(maxsize=24)
def _frame(video: FileState, number: int, data: DataDirectory) -> np.ndarray:
    return VIDEOS.frame(VIDEOS.ingest(video.path, data), number, max_height=1080)


async def upload(request: Request) -> Response:
    """Take a piece of a file into a folder of a root: ``?folder=Season&name=1_720p.mkv&at=0&size=123`` (bytes).

    Answers how much is there, so that whoever was cut off goes on from there.
    """
    root, query = _path(request, "upload"), request.query_params
    if root not in settings().roots:
        raise HTTPException(404)
    try:
        arriving = Arriving.of(root, query["folder"], query["name"], int(query["size"]))
        at = int(query["at"])
    except (KeyError, ValueError) as error:
        raise HTTPException(400, "give folder, name, at and size") from error
    except TouchlineError as error:
        return JSONResponse({"problem": str(error)}, 422)
    try:
        with arriving.writing(at) as piece:
            async for chunk in request.stream():
                piece.write(chunk)
    except TouchlineError as error:
        return JSONResponse({"problem": str(error), "there": arriving.there}, 409)
    return JSONResponse({"there": arriving.there, "whole": arriving.is_whole})


def health(_request: Request) -> Response:
    """Whether the database can be read and the workers work: 200, or 503 and what is wrong, in sentences."""
    problems = {name: problem for name, problem in WORKERS.problems().items() if problem is not None}
    return JSONResponse({"ok": not problems, **problems}, 503 if problems else 200, {"Cache-Control": "no-store"})


def square_around(box: tuple[float, ...], width: int, height: int) -> tuple[int, int, int, int]:
    """A square part of a picture that shows a box with some room around it."""
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    side = min(max(24.0, 1.5 * max(box[2] - box[0], box[3] - box[1])), width, height)
    left = min(max(0.0, cx - side / 2), width - side)
    top = min(max(0.0, cy - side / 2), height - side)
    return int(left), int(top), int(left + side), int(top + side)


def routes() -> list[BaseRoute]:
    """All routes, for ``st.App``."""
    return [
        Route(f"{PREFIX}/media/{{token}}", media, methods=["GET", "HEAD"]),
        Route(f"{PREFIX}/download/{{token}}", download, methods=["GET", "HEAD"]),
        Route(f"{PREFIX}/array/{{token}}/{{name}}", array),
        Route(f"{PREFIX}/calibrations/{{token}}/{{half}}", calibrations),
        Route(f"{PREFIX}/players/{{token}}/{{match}}", players),
        Route(f"{PREFIX}/play/{{token}}/{{match}}", play),
        Route(f"{PREFIX}/times/{{token}}", frame_times),
        Route(f"{PREFIX}/picture/{{token}}", picture),
        Route(f"{PREFIX}/upload/{{token}}", upload, methods=["POST"]),
        Route(f"{PREFIX}/health", health),
        Mount(f"{PREFIX}/scripts/{{version}}", StaticFiles(directory=SCRIPTS)),
    ]
