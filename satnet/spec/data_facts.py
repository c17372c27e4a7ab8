"""What is known of rows that somebody brought: enough to check a spec without opening them."""

from typing import Annotated, Literal

from pydantic import Field

from satnet.spec.named import Frozen

ColumnKind = Literal["number", "integer", "boolean", "text", "time"]
MOST_VALUES = 1000  # distinct values of a column that are listed


class ColumnFacts(Frozen):
    """One column of a table."""

    name: str
    """Its heading."""
    kind: ColumnKind
    """What it holds where it is not empty."""
    missing: int
    """Rows without a value, or with one that is not finite."""
    distinct: int
    """Different values, empty ones aside."""
    values: list[str] | None = None
    """All of them as text, in order (of numbers where they are numbers); null where there are more than 1,000."""
    counts: list[int] | None = None
    """Rows that hold each of them."""
    low: float | None = None
    """Smallest number."""
    high: float | None = None
    """Largest number."""
    mean: float | None = None
    """Mean of the numbers."""
    std: float | None = None
    """Their standard deviation."""
    whole: bool = False
    """Whether all numbers are whole."""


class TableFacts(Frozen):
    """A table: rows x named columns."""

    form: Literal["table"] = "table"
    rows: int
    """Rows, without the heading."""
    columns: list[ColumnFacts]
    """In the file's order."""

    def column(self, name: str) -> ColumnFacts | None:
        """The column of this name."""
        return next((one for one in self.columns if one.name == name), None)


class ArrayFacts(Frozen):
    """Arrays: inputs of any shape, and a target for each row."""

    form: Literal["arrays"] = "arrays"
    rows: int
    """Training rows, or all rows where no test rows came with them."""
    test_rows: int | None = None
    """Rows that came as test rows; null: some are split off."""
    input_shape: list[int]
    """Of one row."""
    input_mean: float | None = None
    """Mean of all inputs of the training rows."""
    input_std: float | None = None
    """Their standard deviation."""
    missing: int = 0
    """Inputs that are not finite."""
    target: ColumnFacts
    """The target, where it is one number or text a row; of several, all of them together."""
    targets: int = 1
    """Numbers a row."""
    one_hot: bool = False
    """Whether each row of the target holds a single 1 among 0s."""
    multi_hot: bool = False
    """Whether the target has several columns of 0 and 1, and is not one-hot."""
    test_values: list[str] | None = None
    """Distinct target values of the test rows that no training row has."""
    class_names: list[str] | None = None
    """Of a folder a class: the folders' names, in the order of the class numbers."""


DataFacts = Annotated[TableFacts | ArrayFacts, Field(discriminator="form")]
