"""What training brings has the types that the schema declares."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from satnet.records.schema import FullExperiment, LayerRecord, record_fields
from satnet.records.tables import columns, epoch_rows
from satnet.service.local import run_local

LAYERS = [{"type": "dense", "units": 3, "activation": "relu"}, {"type": "maxout", "units": 3, "pieces": 2}]
CLASSES = {
    "dataset": {"name": "xor"},
    "layers": [
        {"type": "dense", "units": 4, "activation": "tanh", "batch_normalization": "before_activation"},
        *LAYERS,
        {"type": "dense", "units": 1, "activation": "sigmoid"},
    ],
}
REGRESSION = {
    "dataset": {"name": "diabetes", "train_size": 60, "test_size": 20},
    "layers": [*LAYERS, {"type": "dense", "units": 1}],
}


@pytest.mark.parametrize(
    "spec",
    [
        CLASSES,
        REGRESSION,
        REGRESSION | {"cross_validation": {"folds": 2}},
        CLASSES | {"optimizer": {"name": "sgd", "learning_rate": 1e30}},
    ],
    ids=["classes", "regression", "folds", "not finite"],
)
def test_a_document_has_the_types_of_the_schema(spec):
    # when
    document = run_local(spec | {"training": {"epochs": 2, "batch_size": 16}, "seed": 1}, data_dir=Path("nowhere"))

    # then
    TypeAdapter(FullExperiment).validate_python(document, strict=True)
    for record in document["epochs"]:
        assert [list(layer) for layer in record["layers"]] == [list(record_fields(LayerRecord))] * len(record["layers"])
    assert {name for row in epoch_rows(document["epochs"]) for name in row} <= set(columns())
