"""Files are kept whole, for their user alone, a chunk at a time, and compared with what was stored."""

import hashlib
import logging
import stat
import tracemalloc

import pytest

from satnet.errors import DamagedArtifact, NotFound
from satnet.service.artifacts import Artifacts

SIZE = 20_000_000


@pytest.fixture(params=["directory", "elsewhere"])
def artifacts(request, tmp_path):
    return Artifacts(str(tmp_path / "kept") if request.param == "directory" else f"memory://{tmp_path}")


def test_a_file_comes_back_as_it_went_in(artifacts, tmp_path):
    # given
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"satnet" * 200_000)

    # when
    about = artifacts.put("models/a.keras", source)
    artifacts.fetch("models/a.keras", about["sha256"], target)

    # then
    assert target.read_bytes() == source.read_bytes() == artifacts.get("models/a.keras")
    assert about == {"bytes": 1_200_000, "sha256": hashlib.sha256(source.read_bytes()).hexdigest()}


def test_a_large_file_is_never_in_memory_as_a_whole(tmp_path):
    # given
    artifacts, source = Artifacts(str(tmp_path / "kept")), tmp_path / "in"
    source.write_bytes(bytes(SIZE))
    tracemalloc.start()

    # when
    about = artifacts.put("a", source)
    artifacts.fetch("a", about["sha256"], tmp_path / "out")
    artifacts.local("a", about["sha256"])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # then
    assert (tmp_path / "out").stat().st_size == SIZE
    assert peak < 2_000_000


def test_a_file_that_is_not_there_is_not_found(artifacts, tmp_path):
    # when / then
    for read in (
        lambda: artifacts.get("none"),
        lambda: next(artifacts.chunks("none", "")),
        lambda: artifacts.fetch("none", "", tmp_path / "x"),
    ):
        with pytest.raises(NotFound):
            read()


def test_only_files_of_this_machine_have_a_path(artifacts):
    # given
    about = artifacts.write("a", b"1")

    # when / then
    path = artifacts.local("a", about["sha256"])
    assert path is None or path.read_bytes() == b"1"
    if path is not None:
        with pytest.raises(NotFound):
            artifacts.local("none", "")


def test_what_is_written_is_open_to_its_user_alone(tmp_path):
    # when
    Artifacts(str(tmp_path)).write("models/exp_1.keras", b"weights")

    # then
    assert stat.S_IMODE((tmp_path / "models").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "models" / "exp_1.keras").stat().st_mode) == 0o600


@pytest.mark.parametrize("read", ["local", "fetch"])
def test_a_file_that_was_changed_is_refused_and_logged(tmp_path, caplog, read):
    # given a file that was read once already
    artifacts = Artifacts(str(tmp_path))
    about = artifacts.write("models/exp_1.keras", b"weights")
    assert artifacts.local("models/exp_1.keras", about["sha256"])
    (tmp_path / "models" / "exp_1.keras").write_bytes(b"weightz")
    more = (tmp_path / "out",) if read == "fetch" else ()

    # when
    with caplog.at_level(logging.ERROR), pytest.raises(DamagedArtifact, match="models/exp_1.keras has changed"):
        getattr(artifacts, read)("models/exp_1.keras", about["sha256"], *more)

    # then
    assert about["sha256"] in caplog.text


def test_of_a_changed_file_the_last_piece_is_never_given(artifacts):
    # given
    artifacts.write("a", bytes(600_000))
    pieces = artifacts.chunks("a", "of another")

    # when
    given = [len(next(pieces)), len(next(pieces))]
    with pytest.raises(DamagedArtifact):
        next(pieces)

    # then
    assert sum(given) < 600_000
