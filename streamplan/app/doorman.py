"""Who may ask the app: pages of its own, under its own names, with the token if it listens beyond this machine.

A page from elsewhere that a browser has open can send requests here: under another name that it has pointed at this
machine (DNS rebinding), or across sites. The first is known by the Host header, the second by Sec-Fetch-Site and
Origin.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from streamfacts.errors import cut, legible

#: Under which a browser of this machine reaches it.
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
TOKEN = "token"
_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[^:/@\[\]]+)(?::(?P<port>[0-9]{1,5}))?")


@dataclass(frozen=True)
class Doorman:
    """Says which requests are refused, and why.

    Parameters
    ----------
    names : hosts under which it may be asked, an IPv6 address in brackets; None for any, which takes a token
    port : on which it listens; None for any
    token : that a request must carry: in the address, in the cookie that the first answer sets, or in the header
        ``Authorization: Bearer``; empty for none
    """

    names: frozenset[str] | None = frozenset(LOOPBACK)
    port: int | None = None
    token: str = ""

    @classmethod
    def of(cls, address: str, sockets: list[socket.socket]) -> Doorman:
        """Return the one for a server that listens on these sockets, opened for an address or a name."""
        bound = [socket_.getsockname()[0].split("%")[0] for socket_ in sockets]
        port = int(sockets[0].getsockname()[1])
        here = [ipaddress.ip_address(one) for one in bound]
        if all(one.is_loopback for one in here):
            return cls(frozenset({*LOOPBACK, *map(in_address, bound), in_address(address)}), port)
        token = secrets.token_urlsafe(24)
        if any(one.is_unspecified for one in here):  # reached under every name that the machine has anywhere
            return cls(None, port, token)
        names = {*LOOPBACK, *map(in_address, bound), in_address(address), socket.gethostname().lower()}
        return cls(frozenset(names), port, token)

    @property
    def cookie(self) -> str:
        """The name of the cookie; browsers share cookies between the ports of a host."""
        return f"streamplan-{self.port or 0}"

    def foreign(self, headers: Mapping[str, str]) -> str:
        """Return why a request does not come from here, empty if it may: what it names is matched whole."""
        host = headers.get("Host", "").lower()
        parts = _HOST.fullmatch(host)
        if parts is None or (self.names is not None and parts["name"] not in self.names):
            return f"asked for under a name that is not its own: Host {_shown(host)}"
        if parts["port"] and self.port and int(parts["port"]) != self.port:
            return f"asked for under a port that is not its own: Host {_shown(host)}"
        site = headers.get("Sec-Fetch-Site", "none").lower()
        if site not in ("none", "same-origin"):
            return f"asked for by a page of another site (Sec-Fetch-Site {_shown(site)}): open its address itself"
        origin = headers.get("Origin", f"http://{host}").lower()
        if origin not in (f"http://{host}", f"https://{host}"):
            return f"asked for by a page of another site: Origin {_shown(origin)}"
        return ""

    def knows(self, headers: Mapping[str, str], given: str) -> bool:
        """Whether a request carries the token, in its address, its cookie or its header, or none is needed."""
        if not self.token:
            return True
        kind, _, bearer = headers.get("Authorization", "").partition(" ")
        offered = (given, self._kept(headers), bearer.strip() if kind.lower() in ("bearer", "token") else "")
        # each is compared, so that the time says nothing
        return any([hmac.compare_digest(one.encode(), self.token.encode()) for one in offered])

    def _kept(self, headers: Mapping[str, str]) -> str:
        try:
            morsel = SimpleCookie(headers.get("Cookie", "")).get(self.cookie)
        except CookieError:
            return ""
        return morsel.value if morsel else ""


def in_address(host: str) -> str:
    """Return a host as addresses and Host headers have it.

    Examples
    --------
    >>> in_address("::1"), in_address("Box.example")
    ('[::1]', 'box.example')
    """
    return f"[{host.lower()}]" if ":" in host and not host.startswith("[") else host.lower()


def opened_at(doorman: Doorman, address: str) -> str:
    """Return the address to print: of this host where it listens on all, with the token."""
    unspecified = doorman.names is None
    host = socket.gethostname() if unspecified else in_address(address)
    return f"http://{host}:{doorman.port}/" + (f"?{TOKEN}={doorman.token}" if doorman.token else "")


def without_token(uri: str) -> str:
    """Return a path with its query, the token left out.

    Examples
    --------
    >>> without_token("/?token=abc&write=3"), without_token("/?token=abc"), without_token("http://elsewhere/?token=a")
    ('/?write=3', '/', '/')
    """
    query = urlsplit("http://here" + uri).query if uri.startswith("/") else ""
    kept = "&".join(part for part in query.split("&") if part.partition("=")[0] != TOKEN)
    return f"/?{kept}" if kept else "/"


def _shown(text: str) -> str:
    return f"{cut(legible(text), 80)!r}"
