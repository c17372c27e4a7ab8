"""Settings as operators write them."""

import pytest
from pydantic import ValidationError

from satnet.settings import Settings


@pytest.mark.parametrize(
    ("store", "broker"),
    [
        ("redis://127.0.0.1:6379/0", "redis://127.0.0.1:6379/1"),
        ("redis://redis", "redis://redis/1"),
        ("rediss://u:p%2Fw@redis:6380/0?ssl_cert_reqs=none", "rediss://u:p%2Fw@redis:6380/1?ssl_cert_reqs=none"),
        ("redis://redis:6379?db=0", "redis://redis:6379/1"),
        ("unix:///run/a%20b/valkey.sock?db=0", "redis+socket:///run/a%20b/valkey.sock?virtual_host=1"),
        ("unix:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=1"),
        ("unix://u:pw@/run/valkey.sock", "redis+socket://u:pw@/run/valkey.sock?virtual_host=1"),
    ],
)
def test_the_broker_is_database_1_of_the_store(store, broker):
    # when / then
    assert Settings(redis_url=store).broker == broker


def test_a_password_from_a_file_belongs_to_the_user_in_the_url(tmp_path):
    # given
    secret = tmp_path / "password"
    secret.write_text("p/w@#\n")

    # when
    settings = Settings(redis_password_file=secret, redis_url="redis://worker@redis:6379/0")

    # then
    assert settings.redis_url == "redis://worker:p%2Fw%40%23@redis:6379/0"
    assert settings.broker == "redis://worker:p%2Fw%40%23@redis:6379/1"


def test_a_password_file_that_is_not_there_is_named(tmp_path):
    # when / then
    with pytest.raises(ValidationError, match="absent cannot be read: No such file"):
        Settings(redis_password_file=tmp_path / "absent")


def test_settings_that_are_printed_hold_no_password():
    # when
    text = repr(Settings(redis_url="redis://:hidden@redis/0", broker_url="redis://:hidden@redis/1"))

    # then
    assert "hidden" not in text


def test_allowed_hosts_are_separated_by_commas(monkeypatch):
    # given
    monkeypatch.setenv("SATNET_ALLOWED_HOSTS", "satnet.example.org, lab:8080,[fd00::1],")

    # when / then
    assert Settings().allowed_hosts == ("satnet.example.org", "lab:8080", "[fd00::1]")


@pytest.mark.parametrize("name", ["http://satnet.example.org", "satnet.example.org/", "*", "a b"])
def test_an_allowed_host_that_is_no_name_is_refused(name):
    # when / then
    with pytest.raises(ValidationError, match="is no host name; expected names like"):
        Settings(allowed_hosts=(name,))


def test_maxmemory_takes_units():
    # when / then
    assert Settings(store_maxmemory="1.5GiB").store_maxmemory == 3 << 29


def test_a_key_is_not_shown_with_the_settings():
    # given
    settings = Settings(api_key="sat_1_secret")

    # when / then
    assert "secret" not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    assert settings.api_key.get_secret_value() == "sat_1_secret"
