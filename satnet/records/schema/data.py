"""What epoch 0 says of the rows that train and validate the network; the rules on data read it."""

from typing import Annotated, Literal

from pydantic import Field, with_config
from typing_extensions import TypedDict

from satnet.records.schema.about import About

Number = float | None
Count = Annotated[int, Field(ge=0)]
Text = Annotated[str, Field(max_length=200)]
_CLOSED = with_config(extra="forbid")


@_CLOSED
class ClassesRecord(TypedDict):
    """The classes of the training rows."""

    count: Annotated[Count | None, About("Classes.")]
    rarest: Annotated[Text | None, About("The class with the fewest rows: its name, or its number from 0.")]
    rarest_share: Annotated[Number, About("Its share of the training rows.")]
    largest_share: Annotated[Number, About("Share of the class with the most rows: the accuracy of guessing it.")]
    entropy: Annotated[Number, About("Entropy of the class shares, in nats: the loss of guessing the shares.")]


@_CLOSED
class TargetsRecord(TypedDict):
    """The targets of a regression, in their own units and as the network is trained on them."""

    mean: Annotated[Number, About("Mean of the training rows' targets.")]
    std: Annotated[Number, About("Their standard deviation.")]
    low: Annotated[Number, About("The smallest.")]
    high: Annotated[Number, About("The largest.")]
    trained_mean: Annotated[Number, About("Mean after standardization.")]
    trained_std: Annotated[Number, About("Standard deviation after standardization.")]
    trained_low: Annotated[Number, About("The smallest after standardization.")]
    trained_high: Annotated[Number, About("The largest after standardization.")]


@_CLOSED
class ColumnsRecord(TypedDict):
    """How unequal the input columns are before standardization; columns that hardly ever vary are left out."""

    smallest_std: Annotated[Number, About("Standard deviation of the column that varies least.")]
    smallest: Annotated[Text | None, About("That column: its name, or its number from 0.")]
    largest_std: Annotated[Number, About("Standard deviation of the column that varies most.")]
    largest: Annotated[Text | None, About("That column.")]


@_CLOSED
class ShiftRecord(TypedDict):
    """How far the inputs of the validation or test rows are from those of the training rows."""

    mean: Annotated[
        Number, About("Largest difference of a mean, in standard deviations of the training rows; 0: none but chance.")
    ]
    mean_column: Annotated[Text | None, About("In this column; null: over all inputs.")]
    mean_rows: Annotated[Literal["validation", "test"] | None, About("Of these rows.")]
    std_ratio: Annotated[
        Number, About("Largest ratio of the larger to the smaller standard deviation; 1: none but chance.")
    ]
    std_column: Annotated[Text | None, About("In this column; null: over all inputs.")]
    std_rows: Annotated[Literal["validation", "test"] | None, About("Of these rows.")]


@_CLOSED
class DataRecord(TypedDict):
    """The data, at epoch 0 (of each fold). Inputs are sampled where there are many."""

    task: Annotated[
        Literal["classification", "multi_label", "regression"] | None, About("What is learned from the rows.")
    ]
    rows: Annotated[Count | None, About("Training rows.")]
    outputs: Annotated[Count | None, About("Numbers that come out of the network.")]
    classes: Annotated[ClassesRecord | None, About("Classes; null for other tasks.")]
    targets: Annotated[TargetsRecord | None, About("Targets; null for classes.")]
    label_low: Annotated[Number, About("The smallest entry of the labels as the loss gets them.")]
    label_high: Annotated[Number, About("The largest entry of the labels as the loss gets them.")]
    unreachable: Annotated[
        Number, About("Share of those entries that the output activation cannot reach, whatever the weights.")
    ]
    label_runs: Annotated[
        Number,
        About(
            "Runs of equal labels (regression: above or below the median) in the training rows' order, over those "
            "expected of shuffled rows: 1 is shuffled, near 0 is sorted."
        ),
    ]
    label_runs_z: Annotated[Number, About("The same in standard deviations of shuffled rows; 0 is shuffled.")]
    columns: Annotated[ColumnsRecord | None, About("Spread of the input columns; null for fewer than two.")]
    shift: Annotated[ShiftRecord | None, About("Validation and test rows against training rows.")]
    non_finite_inputs: Annotated[Count | None, About("Inputs of all rows that are NaN or infinite.")]
    non_finite_columns: Annotated[Text | None, About("Columns that hold them, with how many each; ten at most.")]
    non_finite_targets: Annotated[Count | None, About("Labels or targets of all rows that are NaN or infinite.")]
