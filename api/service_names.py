"""Under which names this service may be addressed, and which origins are its own."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::(?P<port>\d{1,5}))?")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Address:
    """A name and a port; no port stands for any, or for the scheme's own."""

    name: str
    port: int | None

    @classmethod
    def parse(cls, text: str) -> "Address | None":
        """The address in a Host header or a setting; None where it is none."""
        match = _HOST.fullmatch(text.lower())
        return match and cls(match["name"], int(match["port"]) if match["port"] else None)


class ServiceNames:
    """The loopback names, the name that the service was told to listen on, and those of `SATNET_ALLOWED_HOSTS`."""

    def __init__(self, host: str, allowed: Iterable[str]) -> None:
        """`allowed`: names, each with a port or without."""
        self._allowed = {address for text in allowed if (address := Address.parse(text))}
        own = Address.parse(f"[{host}]" if ":" in host and not host.startswith("[") else host)
        self._names = {*_LOOPBACK, *([own.name] if own else [])}

    def has_host(self, host: str, local: str) -> bool:
        """Whether a Host header names this service.

        Args:
            host: the header.
            local: the address of this machine that the connection came in on; a page cannot make a browser send it as
                Host and reach another machine, so that it needs no configuration.
        """
        address = Address.parse(host)
        if address is None:
            return False
        return address.name in self._names or self._is_allowed(address) or _same_ip(address.name, local)

    def _is_allowed(self, address: Address) -> bool:
        return address in self._allowed or Address(address.name, None) in self._allowed

    def has_origin(self, origin: str, host: str, scheme: str) -> bool:
        """Whether an Origin header is of a page that this service served.

        Args:
            origin: the header.
            host: the request's Host header.
            scheme: how the request came; a page from https may come as http, through a proxy that ends TLS.
        """
        parts = urlsplit(origin.lower())
        default = _DEFAULT_PORTS.get(parts.scheme)
        page, asked = Address.parse(parts.netloc), Address.parse(host)
        if default is None or page is None or asked is None or parts.scheme not in (scheme, "https"):
            return False
        port = page.port or default
        if (page.name, port) == (asked.name, asked.port or default):
            return True
        configured = {Address(page.name, port)} | ({Address(page.name, None)} if port == default else set())
        return bool(configured & self._allowed)  # the proxy has put another Host in


def _same_ip(name: str, local: str) -> bool:
    try:
        return ipaddress.ip_address(name.strip("[]")) == ipaddress.ip_address(local)
    except ValueError:
        return False
