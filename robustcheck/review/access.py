"""Who may talk to the review page: whoever has the token, through the address that was printed, from the page itself."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from robustcheck.core.errors import RobustcheckError

if TYPE_CHECKING:
    from flask import Request, Response

TOKEN: Final = "token"  # noqa: S105 - the name of a parameter
HEADER: Final = "X-Robustcheck"
"""A header that a form or a picture of another site cannot send."""
OWN: Final = ("same-origin", "none")
"""What browsers say of requests by the page itself, and of addresses that a person typed."""
HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class Access:
    """Where the page is and what opens it.

    Attributes:
        host: Name or number that the server is bound to.
        port: Of the server.
        token: Opens the page; nobody guesses it.
        session: What the browser keeps instead of the token, so that the token stays in no address and no cookie.
    """

    host: str
    port: int
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)

    @property
    def netloc(self) -> str:
        """``127.0.0.1:8477``, as browsers write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """``http://127.0.0.1:8477``."""
        return f"http://{self.netloc}"

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"{self.origin}/?{TOKEN}={self.token}"

    @property
    def cookie(self) -> str:
        """Name of the cookie; cookies know no ports, and two reviewers may work on one machine."""
        return f"robustcheck-{self.port}"

    def refusal(self, request: Request) -> str:
        """Return why a request is refused; empty if it is not."""
        if request.headers.get("Host", "").lower() != self.netloc.lower():
            return "the request names another host"
        entering = request.path == "/" and request.method == "GET"
        if request.headers.get("Sec-Fetch-Site", "none") not in OWN and not entering:
            return "the request comes from another page"
        if request.method == "POST":
            if request.headers.get("Origin") != self.origin:
                return "the request comes from another page"
            if HEADER not in request.headers or request.mimetype != "application/json":
                return "the request is a form and not the page's own"
        if entering and TOKEN in request.args:
            given, right = request.args[TOKEN], self.token
        else:
            given, right = request.cookies.get(self.cookie, ""), self.session
        if not hmac.compare_digest(given.encode("utf-8", "replace"), right.encode()):
            return "open the address that robustcheck review printed; it changes with every start"
        return ""

    def admit(self, response: Response) -> None:
        """Give the browser the cookie."""
        response.set_cookie(self.cookie, self.session, httponly=True, samesite="Strict", path="/")


def check_host(host: str, *, allow_remote: bool) -> str:
    """Return the host to bind to.

    Raises:
        RobustcheckError: Others could reach it and that was not asked for, or it names no single address.
    """
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise RobustcheckError(f"--host {host}: write an address such as 127.0.0.1") from None
    if address.is_unspecified:
        raise RobustcheckError(
            f"--host {host} is every address of this machine; name the one that the reviewers will use"
        )
    if not address.is_loopback and not allow_remote:
        raise RobustcheckError(
            f"--host {host} lets other machines reach the page; the token and the pictures would cross the network as plain "
            "text: give --allow-remote too if you mean it, or forward a port through SSH"
        )
    return str(address)
