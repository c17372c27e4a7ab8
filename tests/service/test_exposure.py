"""When the API is reached by others than this machine's users."""

import pytest

from satnet.service.exposure import is_exposed, is_loopback, is_remote
from satnet.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost"])
def test_loopback_is_this_machine_s_alone(host):
    # when / then
    assert is_loopback(host)
    assert not is_remote(host)


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::1", "satnet.example.org", "localhost.example.org", ""]
)
def test_every_other_host_is_reached_by_others(host):
    # when / then
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("address", "remote"),
    [
        ("192.0.2.7", True),
        ("::ffff:192.0.2.7", True),
        ("::ffff:127.0.0.1", False),
        ("/run/satnet.sock", False),
        (None, False),
    ],
)
def test_an_address_is_remote_or_not(address, remote):
    # when / then
    assert is_remote(address) == remote


@pytest.mark.parametrize(
    ("changes", "exposed"),
    [
        ({}, False),
        ({"host": "0.0.0.0"}, True),
        ({"allowed_hosts": ("satnet.example.org",)}, True),
        ({"allowed_hosts": ("satnet.example.org:8443", "localhost:9000")}, True),
        ({"allowed_hosts": ("localhost:9000", "[::1]", "[::1]:9000")}, False),
    ],
)
def test_a_host_or_a_further_name_exposes_the_service(changes, exposed):
    # when / then
    assert is_exposed(Settings(**changes)) == exposed
