"""Serves the review page until it is interrupted."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from robustcheck.core.errors import RobustcheckError
from robustcheck.review.access import Access

if TYPE_CHECKING:
    from flask import Flask


def serve(host: str, port: int, make: Callable[[Access], Flask], told: Callable[[Access], None]) -> None:
    """Bind an address, build the application for it, and serve it.

    Args:
        host: An address, as ``check_host`` gives it.
        port: 0 for any that is free.
        make: Builds the application.
        told: Is called with the address once, before the first request is answered.

    Raises:
        RobustcheckError: The address cannot be bound.
    """
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        """Writes no log, in which the token would stand, and does not tell its version."""

        def version_string(self) -> str:
            return "robustcheck"

        def log(self, type: str, message: str, *args: object) -> None:
            """Write nothing."""

    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        bound = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise RobustcheckError(f"{host}:{port} cannot be served: {error}; give another --port") from None
    with bound:
        access = Access(host, bound.getsockname()[1])
        app = make(access)
        server = make_server(host, access.port, app, threaded=True, request_handler=Quiet, fd=bound.fileno())
        with contextlib.suppress(KeyboardInterrupt), contextlib.closing(server.socket):
            # A shell that starts a command in the background has it ignore the one, and whoever supervises it sends the other.
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.default_int_handler)
            told(access)
            server.serve_forever()
