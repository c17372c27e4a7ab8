"""A saved model takes a table's rows as they are in the file, and encodes them as training did."""

import numpy as np
import pandas
import pytest

from satnet.errors import BadRequest
from satnet.spec import parse_spec
from satnet.spec.datasets import ResolvedData
from satnet.spec.table_plan import EncodedColumn, TablePlan
from satnet.training.data import prepare
from satnet.training.export import SavedModel, outputs_of, save_model
from satnet.training.network import build_network
from satnet.training.own_data import table_rows
from satnet.training.raw_rows import RawRows
from satnet.training.source import own_source

CITIES, CODES = ("Bonn", "Köln", "Ulm"), ("1", "3", "7")
SPEC = parse_spec(
    {
        "dataset": {"name": "gaussian", "features": 9, "classes": 2, "standardize": "per_feature"},
        "layers": [
            {"type": "dense", "units": 4, "activation": "tanh"},
            {"type": "dense", "units": 2, "activation": "softmax"},
        ],
        "seed": 3,
    }
)


def table(rows=60):
    rng = np.random.default_rng(0)
    frame = pandas.DataFrame(
        {
            "age / years": rng.normal(40, 10, rows),
            "city": np.array([*CITIES[:2]])[rng.integers(0, 2, rows)],  # nobody is from Ulm
            "code": rng.choice([1, 3, 7], rows),
            "price": rng.normal(1e5, 1e4, rows),
            "bought": np.array(["no", "yes"])[np.arange(rows) % 2],
        }
    )
    frame.loc[::7, "age / years"] = np.nan
    frame.loc[::5, "city"] = None
    return frame


def trained(missing):
    """Rows of a table, and a network with a plan of its columns."""
    marked = missing == "indicator"
    columns = (
        EncodedColumn("age / years", "number", (), marked),
        EncodedColumn("city", "categories", CITIES, marked),
        EncodedColumn("code", "categories", CODES),
        EncodedColumn("price", "number"),
    )
    plan = TablePlan(columns, ("bought",), "classification", ("no", "yes"), missing, None, None)
    about = ResolvedData(
        task="classification", reason="", input_shape=[plan.width], classes=2, class_names=["no", "yes"],
        targets=1, train_rows=48, test_rows=12,
    )  # fmt: skip
    frame = table().dropna() if missing == "refuse" else table()
    source = own_source(SPEC, table_rows(frame, about, plan))
    data = prepare(SPEC, source.train, None, source.test, 2, source.about)
    return frame, data, build_network(SPEC, (plan.width,), None)


@pytest.fixture(scope="module", params=["refuse", "median", "indicator"])
def saved(request, tmp_path_factory):
    """A table, the outputs of its rows as training encodes them, and the saved model."""
    frame, data, network = trained(request.param)
    path = tmp_path_factory.mktemp("model") / "model.keras"
    save_model(network, data, path)
    raw = table_rows(frame, data.about, data.encoder.plan)
    encoded = ((data.encoder.encode(raw.x) - data.center) / data.scale).astype(np.float32)
    return frame, network.model.predict_on_batch(encoded), SavedModel.load(path), request.param


def test_objects_and_lists_give_what_training_would(saved):
    # given
    frame, expected, model, _ = saved
    features = frame.drop(columns="bought").astype(object)
    features = features.where(features.notna(), None)

    # when
    by_name = outputs_of(model.model, model.rows(features.to_dict("records")))
    in_order = outputs_of(model.model, model.rows(features.to_numpy().tolist()))

    # then
    assert by_name == pytest.approx(expected, abs=1e-5)
    assert np.array_equal(by_name, in_order)


def test_replies_name_the_classes(saved):
    # given
    _, expected, model, _ = saved

    # when
    reply = model.reply(expected)

    # then
    assert reply["classes"] == ["no", "yes"]
    assert reply["labels"] == [["no", "yes"][place] for place in expected.argmax(axis=1)]
    assert model.reply(np.array([[0.2], [0.7]]))["labels"] == ["no", "yes"]


def test_a_category_that_is_unknown_or_that_no_training_row_had_is_all_zeros(saved):
    # given
    _, _, model, _ = saved
    row = {"age / years": 30.0, "city": "Bonn", "code": 3, "price": 9e4}

    # when
    ulm, rome, bonn = outputs_of(model.model, model.rows([row | {"city": city} for city in ("Ulm", "Roma", "Bonn")]))

    # then
    assert np.array_equal(ulm, rome)
    assert not np.array_equal(ulm, bonn)


@pytest.mark.parametrize("code", [3, 3.0, "3"])
def test_a_category_that_is_a_number_is_known_in_every_form(saved, code):
    # given
    _, _, model, _ = saved

    # when
    found, unknown = (
        model.rows([{"age / years": 1, "city": "Bonn", "code": one, "price": 1}])["code"][0, 0] for one in (code, 4)
    )

    # then
    assert (found, unknown) == ("3", "4")


ROW = {"age / years": 30.0, "city": "Bonn", "code": 3, "price": 9e4}


@pytest.mark.parametrize(
    ("instance", "pointer", "message"),
    [
        ({"city": "Bonn", "code": 3, "price": 1}, "#/instances/1/age ~1 years", "the column age / years is missing"),
        (ROW | {"size": 3}, "#/instances/1/size", "no such column; it takes age / years, city, code, price"),
        (ROW | {"price": "cheap"}, "#/instances/1/price", "a number is needed"),
        ([30, "Bonn", 3], "#/instances/1", "a list of 4 values"),
        (["30", "Bonn", 3, 4], "#/instances/1/0", "a number is needed"),
        (7, "#/instances/1", "an object by column name"),
    ],
)
def test_rows_that_do_not_fit_are_refused_with_their_place(saved, instance, pointer, message):
    # given
    _, _, model, _ = saved

    # when
    with pytest.raises(BadRequest, match=message) as refused:
        model.rows([ROW, instance])

    # then
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_empty_cells_are_refused_where_training_refused_them(saved):
    # given
    _, _, model, missing = saved

    # when / then
    if missing == "refuse":
        with pytest.raises(BadRequest, match="a value is needed: the model was trained with missing: refuse"):
            model.rows([ROW | {"city": None}])
    else:
        assert len(model.rows([ROW | {"city": None, "age / years": None}])["city"]) == 1


def test_models_of_built_in_datasets_say_nothing_of_columns(tmp_path):
    # given
    _, data, network = trained("median")
    network.model.save(tmp_path / "plain.keras")

    # when / then
    assert RawRows.read(tmp_path / "plain.keras") is None
    assert data.about.class_names == ["no", "yes"]
