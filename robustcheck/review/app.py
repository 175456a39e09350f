"""The review page: a small web application around one session."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Protocol

from robustcheck.core.errors import RobustcheckError
from robustcheck.core.strict_json import NotStrict, parse_object
from robustcheck.review.access import HEADERS, TOKEN, Access
from robustcheck.review.drawing import Drawn
from robustcheck.review.queue import CLEAN
from robustcheck.review.session import Refused, Session

if TYPE_CHECKING:
    from flask import Flask, Response

LONGEST_REQUEST: Final = 1 << 16
"""Bytes."""
FILES: Final = {
    "review.css": "text/css; charset=utf-8",
    "review.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
PAGE: Final = "review.html"


class Pictures(Protocol):
    """What the page asks of ``robustcheck.review.drawing.Drawing``."""

    def whole(self, name: str) -> Drawn:
        """Return a picture as it is stored."""
        ...

    def clean(self, name: str) -> Drawn:
        """Return the model's input without a perturbation."""
        ...

    def shown(self, name: str, case: str) -> Drawn:
        """Return the model's input in a case."""
        ...


def create_app(session: Session, pictures: Pictures, examples: Mapping[str, tuple[str, ...]], access: Access) -> Flask:
    """Return the application.

    Args:
        session: The reviewer at work.
        pictures: Draws what is asked about.
        examples: Ids of a few pictures of each class to compare with.
        access: Who may talk to it.
    """
    import flask
    from werkzeug.exceptions import HTTPException

    app = flask.Flask("robustcheck.review", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LONGEST_REQUEST
    classes = session.ground.classes

    @app.before_request
    def guard() -> Response | None:
        reason = access.refusal(flask.request)
        return _plain(flask.Response, reason, 403) if reason else None

    @app.after_request
    def seal(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def fail(error: Exception) -> Response:
        if isinstance(error, Refused):
            return _plain(flask.Response, str(error), 409)
        if isinstance(error, RobustcheckError):
            return _plain(flask.Response, str(error), 500)
        if isinstance(error, HTTPException):
            return _plain(flask.Response, error.name, error.code or 500)
        traceback.print_exception(error)  # to the terminal; the page shows its name only
        return _plain(flask.Response, f"{type(error).__name__}: see the terminal of robustcheck review", 500)

    @app.get("/")
    def page() -> Response:
        if TOKEN in flask.request.args:
            response = flask.Response(status=303, headers={"Location": "/"})
            access.admit(response)
            return response
        return flask.Response(_file(PAGE), mimetype="text/html")

    @app.get("/static/<name>")
    def static(name: str) -> Response:
        if name not in FILES:
            flask.abort(404)
        return flask.Response(_file(name), content_type=FILES[name])

    @app.get("/api/state")
    def state() -> Response:
        task = session.task
        about = {"reviewer": task.reviewer, "blind": task.blind, "adjudicate": task.adjudicate}
        return flask.jsonify({**about, "classes": list(classes), **session.state()})

    @app.get("/picture/<int:place>/<view>")
    def picture(place: int, view: str) -> Response:
        asked = session.asked(place)
        views: dict[str, Callable[[], Drawn]] = {
            "whole": lambda: pictures.whole(asked.id),
            "clean": lambda: pictures.clean(asked.id),
        }
        if asked.case != CLEAN:
            views["shown"] = lambda: pictures.shown(asked.id, asked.case)
        if view not in views:
            flask.abort(404)
        return _drawn(flask.Response, views[view]())

    @app.get("/api/examples/<int:number>")
    def listed(number: int) -> Response:
        if number >= len(classes):
            flask.abort(404)
        return flask.jsonify({"count": len(examples.get(classes[number], ()))})

    @app.get("/example/<int:number>/<int:place>")
    def example(number: int, place: int) -> Response:
        names = examples.get(classes[number], ()) if number < len(classes) else ()
        if place >= len(names):
            flask.abort(404)
        return _drawn(flask.Response, pictures.whole(names[place]))

    @app.post("/api/<action>")
    def act(action: str) -> Response:
        try:
            body = parse_object(flask.request.get_data())
        except NotStrict as error:
            return _plain(flask.Response, f"the request cannot be read: {error}", 400)
        _act(session, action, body)
        return flask.jsonify(session.state())

    return app


def _act(session: Session, action: str, body: Mapping[str, Any]) -> None:
    if action == "undo":
        session.undo()
        return
    place, reason = body.get("place"), body.get("reason", "")
    if type(place) is not int or not isinstance(reason, str):
        raise Refused("the request names no picture")
    if action == "skip":
        session.skip(place)
    elif action == "confirm":
        session.confirm(place, reason)
    elif action == "ambiguous":
        session.decide(place, "ambiguous", reason)
    elif action == "label":
        number = body.get("class")
        if type(number) is not int or not 0 <= number < len(session.ground.classes):
            raise Refused("this label is no class of the model")
        session.decide(place, session.ground.classes[number], reason)
    else:
        raise Refused("there is no such action")


def _file(name: str) -> bytes:
    return resources.files("robustcheck.review").joinpath("static", name).read_bytes()


def _plain(response: type[Response], text: str, status: int) -> Response:
    return response(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")


def _drawn(response: type[Response], drawn: Drawn) -> Response:
    if not drawn.content:
        return _plain(response, drawn.problem, 404)
    made = response(drawn.content, content_type=drawn.kind)
    if drawn.problem:
        made.headers["X-Note"] = drawn.problem.encode("ascii", "replace").decode().replace("\n", " ")
    return made
