"""Who may ask a page's server for anything: by the name it is asked under, where from, and by a token."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from secrets import token_bytes

from vnetsh.interface.web.http import Request, Response, refusal

HEADER = "x-vnetsh-token"
"""The header that a page says with each POST: no other page can know its value, or send it unasked."""
LASTS = 7 * 24 * 3600
"""Seconds for which a browser is known."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")

ALWAYS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of all answers."""
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""The policy of an answer that is no page."""


@dataclass(frozen=True)
class Guard:
    """Decides on requests. `address` is the one that is listened on; `names` others under which a browser may ask.

    With a `token` a browser has to log in by it. Without one whoever reaches the address may look.
    """

    address: str
    port: int
    names: Collection[str] = ()
    token: str = ""
    _key: bytes = field(default_factory=lambda: token_bytes(32), repr=False)

    def against(self, request: Request) -> Response | None:
        """What speaks against a request, whoever asks; None where nothing does."""
        host = _HOST.fullmatch(request.headers.get("host", ""))
        if not host or not self._known(host[1]):
            return refusal(
                421, "nobody is called so here; `--name NAME` says under which names browsers may ask"
            )
        if request.headers.get("sec-fetch-site", "same-origin") in ("cross-site", "same-site") and not (
            request.method == "GET" and request.path == "/"
        ):
            return refusal(403, "another page has asked")
        if request.method != "POST":
            return None
        if request.headers.get("origin", "") not in (f"http://{host[0]}", f"https://{host[0]}"):
            return refusal(403, "another page has asked")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return refusal(415, "say it as JSON")
        return None

    def _known(self, host: str) -> bool:
        if host.lower() in {name.lower() for name in self.names}:
            return True
        here = ipaddress.ip_address(self.address)
        try:
            asked = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return host.lower() == "localhost" and (here.is_loopback or here.is_unspecified)
        # A name can be made to lead anywhere, an address cannot.
        return asked == here or here.is_unspecified or (here.is_loopback and asked.is_loopback)

    def knows(self, request: Request) -> bool:
        """Whether a browser has logged in, where it has to."""
        if not self.token:
            return True
        for part in request.headers.get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            until, _, proof = value.partition(".")
            if name == self._cookie and until.isascii() and until.isdecimal() and len(until) < 15:
                right = hmac.compare_digest(proof.encode(), self._proof(until).encode())
                if right and int(until) > time.time():
                    return True
        return False

    def lets_in(self, token: str) -> str:
        """The cookie of who knows the token; empty for others."""
        if not (self.token and hmac.compare_digest(_digest(token), _digest(self.token))):
            return ""
        until = str(int(time.time()) + LASTS)
        return (
            f"{self._cookie}={until}.{self._proof(until)}; Max-Age={LASTS}; Path=/; HttpOnly; SameSite=Strict"
        )

    @property
    def _cookie(self) -> str:
        return f"vnetsh-{self.port}"  # browsers do not tell ports apart

    @property
    def said(self) -> str:
        """What a page of ours says in its header with each POST."""
        return hmac.new(self._key, b"said by a page of ours", hashlib.sha256).hexdigest()

    def is_ours(self, request: Request) -> bool:
        """Whether a page of ours has asked."""
        return hmac.compare_digest(_digest(request.headers.get(HEADER, "")), _digest(self.said))

    def _proof(self, until: str) -> str:
        # Of the token, not of this process: a browser is known also when the server was started anew.
        return hmac.new(_digest(self.token), f"cookie {until}".encode(), hashlib.sha256).hexdigest()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()
