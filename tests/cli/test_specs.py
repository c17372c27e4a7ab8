"""SPEC on the command line: files, numbers, changes."""

import pytest

from satnet.cli.specs import read_spec, set_path


@pytest.mark.parametrize("text", ["rate: 1e-3", '{"rate": 1e-3}', "rate: 0.001", "rate: 1.0e-3"])
def test_exponents_are_numbers_in_json_and_yaml(tmp_path, text):
    # given
    (tmp_path / "spec").write_text(text)

    # when / then
    assert read_spec(str(tmp_path / "spec"), ["epochs=3"]) == {"rate": 0.001, "epochs": 3}


def test_integers_stay_integers_in_yaml(tmp_path):
    # given
    (tmp_path / "spec.yaml").write_text("seed: 7\nunits: [25, 10]\n")

    # when
    spec = read_spec(str(tmp_path / "spec.yaml"), [])

    # then
    assert [type(one) for one in (spec["seed"], *spec["units"])] == [int, int, int]


def test_specs_are_read_from_yaml_and_changed_by_path(tmp_path):
    # given
    (tmp_path / "spec.yaml").write_text("dataset: {name: digits}\nlayers:\n- {type: flatten}\n")

    # when
    spec = read_spec(str(tmp_path / "spec.yaml"), ["layers.0.type=dense", "optimizer.name=sgd", "seed=3"])

    # then
    assert spec["layers"] == [{"type": "dense"}]
    assert (spec["optimizer"], spec["seed"]) == ({"name": "sgd"}, 3)
    with pytest.raises(ValueError, match="no such place"):
        set_path(spec, "layers.7.units=3")
