"""Keys that somebody puts into an address are not in the access log."""

import logging

from api.main import create_app
from api.redaction import WithoutKeys

KEY = "sat_01M8A4FFC5MTKWFKFGYY9VVRYV_cwFjcqyVt7QtG8_6v3AOZFZS-iugQlgesylszCXBHWw"


def test_the_access_log_has_no_key(settings, caplog):
    # given the logger of uvicorn
    create_app(settings)
    create_app(settings)

    # when
    with caplog.at_level(logging.INFO, "uvicorn.access"):
        logging.getLogger("uvicorn.access").info('%s - "%s %s" %d', "::1", "GET", f"/v1/queue?key={KEY}&a=1", 400)

    # then
    assert caplog.messages == ['::1 - "GET /v1/queue?key=sat_...&a=1" 400']
    assert sum(isinstance(one, WithoutKeys) for one in logging.getLogger("uvicorn.access").filters) == 1
