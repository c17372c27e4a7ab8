"""Files are kept whole, for their user alone, and compared with what was stored."""

import hashlib
import logging
import stat

import pytest

from satnet.errors import DamagedArtifact, NotFound
from satnet.service.artifacts import Artifacts


@pytest.fixture
def artifacts(tmp_path):
    return Artifacts(str(tmp_path))


def test_what_is_written_is_read_back_and_open_to_its_user_alone(artifacts, tmp_path):
    # when
    about = artifacts.write("models/exp_1.keras", b"weights")

    # then
    assert about == {"bytes": 7, "sha256": hashlib.sha256(b"weights").hexdigest()}
    assert artifacts.get_verified("models/exp_1.keras", about["sha256"]) == b"weights"
    assert stat.S_IMODE((tmp_path / "models").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "models" / "exp_1.keras").stat().st_mode) == 0o600


def test_a_file_that_was_changed_is_refused_and_logged(artifacts, tmp_path, caplog):
    # given
    about = artifacts.write("models/exp_1.keras", b"weights")
    (tmp_path / "models" / "exp_1.keras").write_bytes(b"weightz")

    # when
    with caplog.at_level(logging.ERROR), pytest.raises(DamagedArtifact, match="models/exp_1.keras has changed"):
        artifacts.get_verified("models/exp_1.keras", about["sha256"])

    # then
    assert about["sha256"] in caplog.text


def test_a_file_that_is_not_there_is_not_found(artifacts):
    # when / then
    with pytest.raises(NotFound):
        artifacts.get_verified("models/exp_1.keras", "")
