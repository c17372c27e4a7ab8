"""A table's columns as numbers, and those as the network's inputs: scikit-learn, fitted on training rows alone.

A table is turned into one float64 matrix once: a number as it is, a category as its place among the column's
categories, NaN for an empty cell. What depends on the training rows (imputed values, which categories occur) is fitted
on that matrix, fold by fold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from satnet.spec.table_plan import EncodedColumn, TablePlan

Array = NDArray[Any]
UNKNOWN = -1.0  # a category that is none of the column's
_IMPUTED = {"median": "median", "mean": "mean", "most_frequent": "most_frequent"}  # else the median, as for `indicator`


def matrix(frame: Any, plan: TablePlan) -> Array:
    """The feature columns of a DataFrame, float64 (rows, columns), in the plan's order."""
    ready = np.empty((len(frame), len(plan.columns)), np.float64)
    for place, column in enumerate(plan.columns):
        cells = frame[column.name]
        ready[:, place] = codes(cells, column.categories) if column.kind == "categories" else numbers(cells)
    return ready


def numbers(cells: Any) -> Array:
    """A column of numbers, booleans or times (seconds since 1970), float64; NaN for what is empty or infinite."""
    import pandas

    if pandas.api.types.is_datetime64_any_dtype(cells):
        seconds = cells.to_numpy("datetime64[ns]").astype(np.int64) / 1e9
        return np.where(cells.isna(), np.nan, seconds)
    values = np.array(pandas.to_numeric(cells).to_numpy(np.float64, na_value=np.nan))
    values[~np.isfinite(values)] = np.nan
    return values


def codes(cells: Any, categories: Sequence[str]) -> Array:
    """Places in `categories`, float64; NaN for what is empty, -1 for what is none of them."""
    import pandas

    found = pandas.Series(_comparable(cells)).map({_like(cells, text): place for place, text in enumerate(categories)})
    places = found.to_numpy(np.float64, na_value=np.nan)
    return np.where(np.asarray(cells.isna()), np.nan, np.where(np.isnan(places), UNKNOWN, places))


def _comparable(cells: Any) -> Any:
    """The cells as `_like` gives a category; what is empty stays so."""
    import pandas

    kinds = pandas.api.types
    if kinds.is_bool_dtype(cells) or kinds.is_numeric_dtype(cells):
        return cells.to_numpy(np.float64, na_value=np.nan)
    return cells.astype("object").map(str, na_action="ignore").to_numpy()


def _like(cells: Any, text: str) -> float | str:
    """A category's text as the column's cells hold it."""
    import pandas

    if pandas.api.types.is_bool_dtype(cells):
        return float(text.lower() in ("true", "1", "1.0"))
    return float(text) if pandas.api.types.is_numeric_dtype(cells) else text


def input_names(plan: TablePlan) -> list[str]:
    """The network's inputs in order: a number's column, a category as `column=category`, `column is missing`."""
    names: list[str] = []
    for column in plan.columns:
        names += [column.name] if column.kind == "number" else [f"{column.name}={one}" for one in column.categories]
        names += [f"{column.name} is missing"] * column.indicator
    return names


@dataclass(frozen=True)
class Encoder:
    """What the training rows say of a table's columns, ready to encode any rows.

    Attributes:
        plan: of the columns.
        transformer: scikit-learn's, fitted.
        order: of the network's inputs among the transformer's outputs.
        present: 1 for each input, 0 for a category that no training row has, (width,).
        numeric: which inputs are numbers; the others are 0 or 1 and stay so.
    """

    plan: TablePlan
    transformer: Any
    order: Array
    present: Array
    numeric: Array

    @classmethod
    def fit(cls, plan: TablePlan, x: Array) -> "Encoder":
        """From the training rows of `matrix`."""
        transformer = _transformer(plan)
        encoded = transformer.fit_transform(x)
        order, numeric = _order(plan)
        categories = ~numeric & (_sources(plan) != _INDICATOR)
        present = np.where(categories, (encoded[:, order] > 0).any(axis=0), 1).astype(np.float64)
        return cls(plan, transformer, order, present, numeric)

    def encode(self, x: Array) -> Array:
        """Rows of `matrix` as the network's inputs before they are standardized, float64 (rows, width)."""
        encoded: Array = self.transformer.transform(x)[:, self.order]
        if not self.present.all():
            encoded *= self.present
        return encoded

    def filled(self) -> list[float | None]:
        """What stands for an empty cell of each column: a number, a category's place, or nothing."""
        known: dict[int, float] = {}
        for name, columns, imputer in self._imputers():
            values = imputer.statistics_
            known |= {place: float(value) for place, value in zip(columns, values, strict=True) if name or value >= 0}
        return [known.get(place) for place in range(len(self.plan.columns))]

    def _imputers(self) -> list[tuple[bool, list[int], Any]]:
        fitted, kinds = self.transformer.named_transformers_, _places(self.plan)
        found = []
        if "numbers" in fitted:
            found.append((True, kinds["number"], fitted["numbers"]))
        if "categories" in fitted:
            found.append((False, kinds["categories"], fitted["categories"].named_steps["simpleimputer"]))
        return found


_NUMBER, _CATEGORY, _INDICATOR = range(3)


def _places(plan: TablePlan) -> dict[str, list[int]]:
    """Columns of each kind, and those with an indicator."""
    kinds: dict[str, list[int]] = {"number": [], "categories": [], "indicator": []}
    for place, column in enumerate(plan.columns):
        kinds[column.kind].append(place)
        if column.indicator:
            kinds["indicator"].append(place)
    return kinds


def _transformer(plan: TablePlan) -> Any:
    """Numbers, then the categories' ones and zeros, then the indicators."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import MissingIndicator, SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    places = _places(plan)
    strategy = _IMPUTED.get(plan.missing)
    parts: list[tuple[str, Any, list[int]]] = []
    if places["number"]:
        imputer = SimpleImputer(strategy=strategy or "median", keep_empty_features=True)
        parts.append(("numbers", imputer, places["number"]))
    if places["categories"]:
        categories = [np.arange(len(plan.columns[place].categories), dtype=float) for place in places["categories"]]
        one_hot = OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
        if strategy:
            imputer = SimpleImputer(strategy="most_frequent", keep_empty_features=True)
        else:  # all zeros
            imputer = SimpleImputer(strategy="constant", fill_value=UNKNOWN, keep_empty_features=True)
        parts.append(("categories", make_pipeline(imputer, one_hot), places["categories"]))
    if places["indicator"]:
        parts.append(("indicators", MissingIndicator(features="all"), places["indicator"]))
    return ColumnTransformer(parts)


def _sources(plan: TablePlan) -> Array:
    """What each of the network's inputs is: a number, a category or an indicator."""
    kinds: list[int] = []
    for column in plan.columns:
        kinds += _kinds(column)
    return np.array(kinds)


def _kinds(column: EncodedColumn) -> list[int]:
    main = [_CATEGORY] * len(column.categories) if column.kind == "categories" else [_NUMBER]
    return main + [_INDICATOR] * column.indicator


def _order(plan: TablePlan) -> tuple[Array, Array]:
    """Where each input stands among the transformer's outputs, and which inputs are numbers."""
    sources = _sources(plan)
    order = np.empty(len(sources), np.int64)
    order[np.argsort(sources, kind="stable")] = np.arange(len(sources))
    return order, sources == _NUMBER
