"""Which specs can be trials: a sweep selects by validation rows, and never by the test rows."""

from collections.abc import Iterator

from satnet.errors import FieldError
from satnet.spec import ExperimentSpec


def unfit(spec: ExperimentSpec, *, early_termination: bool) -> Iterator[FieldError]:
    """Why a valid spec cannot be a trial."""
    if not spec.dataset.validation_fraction and spec.cross_validation is None:
        detail = (
            "a sweep selects by validation rows, never by test rows: "
            "set dataset.validation_fraction or cross_validation"
        )
        got = spec.dataset.validation_fraction
        yield FieldError("#/dataset/validation_fraction", detail, "no_validation_rows", got)
    if early_termination and spec.cross_validation is not None:
        detail = "not allowed with cross_validation: the later folds of a trial that ends early would be missing"
        yield FieldError("#/early_termination", detail, "contradiction")
