"""Whether the API is reached from this machine alone."""

import ipaddress
import re

from satnet.settings import Settings

_LOCAL_NAMES = ("localhost",)


def is_loopback(host: str) -> bool:
    """Whether a host to listen on, a name or an address, is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host in _LOCAL_NAMES


def is_exposed(settings: Settings) -> bool:
    """Whether the settings let others in: the API listens beyond loopback, or has a name by which they reach it.

    A further name is for a proxy on this machine, whose requests come from loopback.
    """
    names = [re.sub(r":\d+$", "", name) for name in settings.allowed_hosts]
    return not all(map(is_loopback, [settings.host, *names]))


def asks_for_keys(settings: Settings) -> bool:
    """Whether the settings alone ask for keys, also where there is none yet."""
    return settings.auth == "required" or (settings.auth == "auto" and is_exposed(settings))


def is_remote(address: str | None) -> bool:
    """Whether this is the IP address of another machine, or one by which another machine reaches this one."""
    try:
        return address is not None and not _plain(address).is_loopback
    except ValueError:  # a socket in the file system, or a test's name
        return False


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed
