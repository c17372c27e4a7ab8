"""The epoch record of METRICS section 3: everything that is measured after an epoch.

A new field is declared here and measured where it can be; CSV columns, sweep objectives, the summary, the model of
records that come from outside, OpenAPI and the documentation's table follow.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from satnet.records.schema.about import About, Measure
from satnet.records.schema.data import DataRecord

Number = float | None
_CLOSED = with_config(extra="forbid")


@_CLOSED
class Metrics(TypedDict):
    """What the network achieves on one set of rows."""

    loss: Annotated[Number, Measure("The loss; null where it is not finite.")]
    accuracy: Annotated[
        Number,
        Measure("Share of rows whose class is right (multi-label: of labels); null for regression.", better="more"),
    ]
    mean_absolute_error: NotRequired[
        Annotated[Number, Measure("Regression, except on training rows: in the target's own units.")]
    ]
    non_finite: NotRequired[Annotated[int, About("1 where the loss is not finite; absent otherwise."), Field(ge=0)]]
    precision: NotRequired[
        Annotated[
            Number,
            Measure(
                "Where asked for: of the rows said to be of a class, the share that is; class 1 or mean.", better="more"
            ),
        ]
    ]
    recall: NotRequired[
        Annotated[
            Number,
            Measure("Where asked for: of a class's rows, the share said to be of it; class 1 or mean.", better="more"),
        ]
    ]
    f1: NotRequired[
        Annotated[Number, Measure("Where asked for: harmonic mean of the two; class 1 or mean.", better="more")]
    ]
    roc_auc: NotRequired[
        Annotated[
            Number, Measure("Where asked for: area under the ROC curve, one class against the rest.", better="more")
        ]
    ]
    pr_auc: NotRequired[
        Annotated[Number, Measure("Where asked for: average precision, one class against the rest.", better="more")]
    ]
    balanced_accuracy: NotRequired[
        Annotated[Number, Measure("Where asked for: mean recall of the classes that occur.", better="more")]
    ]
    top_k: NotRequired[
        Annotated[
            Number, Measure("Where asked for: share of rows whose class is among the 5 likeliest.", better="more")
        ]
    ]
    r2: NotRequired[Annotated[Number, Measure("Where asked for: coefficient of determination.", better="more")]]
    mae: NotRequired[Annotated[Number, Measure("Where asked for: mean absolute error in the target's own units.")]]
    rmse: NotRequired[
        Annotated[Number, Measure("Where asked for: root of the mean squared error in the target's own units.")]
    ]
    mape: NotRequired[
        Annotated[Number, Measure("Where asked for: mean of |error / target|, 0.1 is 10 %; null with a target of 0.")]
    ]


@_CLOSED
class Preactivation(TypedDict):
    """The distribution of z, the input of the activation, over rows and units."""

    mean: Annotated[Number, About("Mean of z.")]
    std: Annotated[Number, About("Standard deviation of z.")]
    p2: Annotated[Number, About("2nd percentile of z.")]
    p15: Annotated[Number, About("15th percentile of z.")]
    p50: Annotated[Number, About("Median of z.")]
    p85: Annotated[Number, About("85th percentile of z.")]
    p98: Annotated[Number, About("98th percentile of z.")]


@_CLOSED
class Spread(TypedDict):
    """Mean and standard deviation over rows and units (or features)."""

    mean: Annotated[Number, About("Mean.")]
    std: Annotated[Number, About("Standard deviation.")]


@_CLOSED
class LayerRecord(TypedDict):
    """One hidden activation at one epoch; a number that has no meaning for it is null."""

    name: Annotated[str, About("The layer's name."), Field(min_length=1)]
    activation: Annotated[str, About("The activation's name."), Field(min_length=1)]
    units: Annotated[int, About("Units; of a convolution, channels."), Field(ge=1)]
    saturated_fraction: Annotated[Number, Measure("Share of rows x units in the saturation region.", summarised=True)]
    saturated_low: Annotated[Number, Measure("Share of rows x units saturated on the low side.")]
    saturated_high: Annotated[Number, Measure("Share of rows x units saturated on the high side.")]
    saturated_unit_fraction: Annotated[
        Number, Measure("Share of units saturated on at least 99 % of rows.", summarised=True)
    ]
    one_sided_unit_fraction: Annotated[
        Number, Measure("Share of units that are saturated, at least 95 % of it on one side.")
    ]
    stuck_low_unit_fraction: Annotated[
        Number,
        Measure("elu, selu, softplus, gelu, silu, mish: share of units saturated low on at least 99 % of rows."),
    ]
    dead_unit_fraction: Annotated[
        Number, Measure("relu, relu6: share of units active on none of the probe rows.", summarised=True)
    ]
    near_dead_unit_fraction: Annotated[
        Number, Measure("relu, relu6: share of units active on under 1 % of rows, but on some.")
    ]
    died_unit_fraction: Annotated[
        Number, Measure("relu, relu6: of the units alive at epoch 0, the share that is dead now.")
    ]
    inactive_fraction: Annotated[
        Number,
        Measure("relu family: share of rows x units with z <= 0; about half at the start.", summarised=True),
    ]
    dead_piece_fraction: Annotated[
        Number, Measure("maxout: share of linear pieces that win on no row (Goodfellow et al. 2013).")
    ]
    dormant_unit_fraction: Annotated[
        Number,
        Measure(
            "Share of units whose mean |a| is at most 0.025 of the layer's (Sokar et al. 2023); |a - mean| where the "
            "activation is not 0 at rest."
        ),
    ]
    gate: Annotated[
        Number,
        Measure(
            "Mean |f'(z)| over the unsaturated slope: 1 is linear, 0 lets no gradient through.",
            better="more",
            summarised=True,
        ),
    ]
    phi_b: Annotated[
        Number, Measure("Bounded activations: degree of saturation (Rakitianskaia and Engelbrecht 2015), 0 to 1.")
    ]
    asymmetry: Annotated[Number, Measure("Mean over units of |low - high|, over the saturated fraction.")]
    preactivation: Annotated[Preactivation, About("Distribution of z.")]
    output: Annotated[Spread, About("Mean and standard deviation of a, the activation's output.")]
    delta_rms: Annotated[
        Number, Measure("RMS over rows and units of dLoss_row/dz, each row's own loss.", better="unclear")
    ]
    gradient_rms: Annotated[Number, Measure("RMS of the mean loss's gradient by the kernel.", better="unclear")]
    zero_gradient_fraction: Annotated[Number, Measure("Share of exact zeros in dLoss_row/dz.")]
    update_ratio: Annotated[
        Number,
        Measure(
            "Median over the epoch's last 32 steps of |step of W| / |W|; null at epoch 0.",
            better="unclear",
            of_weights=True,
        ),
    ]
    movement: Annotated[
        Number,
        Measure("|W at the epoch's end - W at its start| / |W at its start|.", better="unclear", of_weights=True),
    ]
    weight_std: Annotated[Number, Measure("Standard deviation of the kernel.", better="unclear", of_weights=True)]
    weight_std_target: Annotated[
        Number,
        Measure("What Glorot (bounded), He (relu family) or LeCun (selu) prescribe.", objective=False, of_weights=True),
    ]
    effective_dimension: Annotated[
        Number,
        Measure(
            "Share of eigendirections of the output's covariance that hold 99 % of its variance (Delve).", better="more"
        ),
    ]
    identical_units: Annotated[
        bool | None, About("Whether all units have the same incoming weights; null for one unit.")
    ]
    non_finite: Annotated[int, About("Entries of z and a that are not finite."), Field(ge=0)]


@_CLOSED
class NetworkRecord(TypedDict):
    """Numbers of the whole network and of its output layer."""

    vanish_ratio: Annotated[
        Number,
        Measure(
            "delta_rms of the first hidden layer over that of the last; null with fewer than two.", better="unclear"
        ),
    ]
    gate_decades: Annotated[Number, Measure("log10 of the part of vanish_ratio that RMS(f'(z)) explains.")]
    weight_decades: Annotated[Number, Measure("log10 of the part of vanish_ratio that the weights explain.")]
    preactivation_std_ratio: Annotated[Number, Measure("Largest over smallest std of z among the hidden layers.")]
    loss_over_chance: Annotated[Number, Measure("Probe loss over chance level, the loss of the best constant guess.")]
    confident_wrong: Annotated[
        Number, Measure("Cross-entropy: share of rows with probability >= 0.99 on the wrong class.")
    ]
    saturated_wrong: Annotated[
        Number, Measure("Squared error: share of output entries that are saturated on the wrong side.")
    ]
    rarest_class_recall: Annotated[
        Number,
        Measure(
            "Share of the validation rows of the rarest class (by the training rows) that are recognized; null for "
            "other tasks and where there is no such row.",
            better="more",
        ),
    ]
    mean_class_recall: Annotated[
        Number,
        Measure("Mean over the classes of the same share, the balanced accuracy; null likewise.", better="more"),
    ]


@_CLOSED
class EpochRecord(TypedDict):
    """One measured epoch of one fold."""

    epoch: Annotated[int, About("Epoch; 0 is before any update."), Field(ge=0)]
    fold: Annotated[int | None, About("Fold, from 0; null without cross-validation."), Field(ge=0)]
    seconds: Annotated[float, About("Training and measuring, in seconds."), Field(ge=0)]
    learning_rate: Annotated[Number, About("Learning rate at the epoch's end.")]
    train: Annotated[Metrics, About("Running mean over the epoch's batches; at epoch 0, of the probe set.")]
    validation: Annotated[Metrics, About("Metrics on the validation rows.")]
    layers: Annotated[list[LayerRecord], About("One record per hidden activation, from input to output.")]
    network: Annotated[NetworkRecord, About("Numbers of the whole network.")]
    input: NotRequired[Annotated[Spread, About("Mean and standard deviation of the probe set's inputs.")]]
    data: NotRequired[Annotated[DataRecord | None, About("At epoch 0: what is known of the rows.")]]
    batch_statistics: NotRequired[
        Annotated[Literal["probe"], About("With batch normalization, at epoch 0: it uses the probe set's statistics.")]
    ]
