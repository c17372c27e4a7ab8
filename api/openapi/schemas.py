"""Types of answers that have no record of their own."""

from typing import Annotated, Any, Literal, NotRequired

from pydantic import JsonValue
from typing_extensions import TypedDict

from satnet.records.schema import (
    EpochEnd,
    ErrorRecord,
    ExperimentDocument,
    LayerSummary,
    Metrics,
    Parent,
    Patch,
    Severity,
    StatusReason,
)
from satnet.records.schema.about import About
from satnet.records.status import Status


class Problem(TypedDict):
    """An error (RFC 9457)."""

    type: Annotated[str, About("Path that names the kind of problem.")]
    title: Annotated[str, About("The kind of problem in words.")]
    status: Annotated[int, About("The HTTP status.")]
    detail: Annotated[str, About("What is wrong with this request and what is allowed.")]
    instance: Annotated[str, About("The path that was asked for.")]
    code: Annotated[str, About("Stable name of the problem, for programs: invalid_spec, not_found, ...")]
    request_id: Annotated[str | None, About("The same as X-Request-Id.")]
    errors: NotRequired[Annotated[list[ErrorRecord], About("Each refused field, for a refused body or query.")]]


class SubmittedRemedy(TypedDict):
    """The runs that judge a remedy."""

    data: Annotated[list[ExperimentDocument], About("Runs of the remedied spec, one a seed.")]
    baselines: Annotated[list[ExperimentDocument], About("Runs of the original spec from the same new seeds.")]
    links: Annotated[dict[str, str], About("`compare` compares them all with the original.")]


class Predictions(TypedDict):
    """Outputs of the trained model."""

    predictions: Annotated[list[JsonValue], About("One output a row, in the order of the rows.")]
    classes: NotRequired[Annotated[list[str], About("Own data: the classes' names, in the order of the outputs.")]]
    labels: NotRequired[Annotated[list[str], About("Own data: the most likely class of each row.")]]


class SelectedFields(TypedDict):
    """One page of the fields that `fields` asks for."""

    data: Annotated[list[dict[str, JsonValue]], About("`id`, and those of the asked fields that there are.")]
    has_more: Annotated[bool, About("Whether there is another page.")]
    next: Annotated[str | None, About("The `after` of the next page; null if there is none.")]


class DatasetRow(TypedDict):
    """A built-in dataset before any row is left out."""

    name: Annotated[str, About("The dataset's name.")]
    input_shape: Annotated[list[int], About("Shape of one row.")]
    classes: Annotated[int | None, About("How many classes; null for regression.")]
    train_rows: Annotated[int, About("Training rows.")]
    test_rows: Annotated[int, About("Test rows.")]
    task: Annotated[Literal["classification", "regression"], About("What is predicted.")]
    raw_input: Annotated[
        list[float] | None, About("Mean and standard deviation of the raw training rows; null if standard normal.")
    ]


class DatasetPage(TypedDict):
    """GET /v1/datasets."""

    data: Annotated[list[DatasetRow], About("The built-in datasets.")]


class PresetRow(TypedDict):
    """A ready-made spec."""

    name: Annotated[str, About("The preset's name.")]
    title: Annotated[str, About("What it shows.")]
    shows: Annotated[str | None, About("The rule whose finding it shows; null if none is expected.")]
    spec: Annotated[dict[str, Any], About("The experiment spec, ready to be posted.")]


class SweepPresetRow(TypedDict):
    """A ready-made sweep."""

    name: Annotated[str, About("The sweep's name.")]
    title: Annotated[str, About("The question it answers.")]
    sweep: Annotated[dict[str, Any], About("The sweep spec, ready to be posted.")]


class PresetPage(TypedDict):
    """GET /v1/presets."""

    data: Annotated[list[PresetRow], About("Ready-made experiments.")]
    sweeps: Annotated[list[SweepPresetRow], About("Ready-made sweeps.")]


class Liveness(TypedDict):
    """GET /healthz."""

    status: Literal["ok"]


class Readiness(TypedDict):
    """GET /readyz."""

    status: Literal["ok", "degraded", "unavailable"]
    problems: NotRequired[Annotated[list[str], About("What is wrong with the store's configuration.")]]
    redis: NotRequired[Annotated[dict[str, Any], About("How the store is configured.")]]
    workers: NotRequired[Annotated[int, About("Workers that reported within the last two minutes.")]]
    detail: NotRequired[Annotated[str, About("Why the store is not available.")]]


class Version(TypedDict):
    """GET /version."""

    version: Annotated[str, About("The version of the running service.")]


class Home(TypedDict):
    """GET / with Accept: application/json."""

    name: Annotated[Literal["satnet"], About("The service's name.")]
    version: Annotated[str, About("The version of the running service.")]
    links: Annotated[dict[str, str], About("Paths by name.")]


class FindingBrief(TypedDict):
    """A finding without its evidence."""

    id: Annotated[str, About("Rule and layer; stable.")]
    severity: Annotated[Severity, About("How bad it is.")]
    caused_by: Annotated[str | None, About("Id of the finding that is its cause.")]


class ComparedExperiment(TypedDict):
    """One of the experiments that are compared."""

    id: Annotated[str, About("The experiment's id.")]
    name: Annotated[str | None, About("The user's name for it.")]
    status: Annotated[Status, About("Where it is in its life.")]
    seed: Annotated[int, About("The seed.")]
    parent: Annotated[Parent | None, About("What it was derived from.")]
    status_reason: Annotated[StatusReason | None, About("Why it failed.")]
    final: Annotated[EpochEnd | None, About("The last measured epoch.")]
    best: Annotated[EpochEnd | None, About("The epoch with the smallest validation loss.")]
    test: Annotated[Metrics | None, About("Metrics on the test rows.")]
    seconds: Annotated[float | None, About("Training and measuring, in seconds.")]
    layers: Annotated[list[LayerSummary] | None, About("Hidden activations before and after training.")]
    findings: Annotated[list[FindingBrief], About("The diagnosis in short.")]


class Difference(TypedDict):
    """A place at which the specs differ."""

    pointer: Annotated[str, About("JSON pointer into the spec.")]
    values: Annotated[list[JsonValue], About("One value an experiment; null where it has none.")]


class RemedyNumbers(TypedDict):
    """What the verdict on a remedy rests on."""

    metric: Annotated[str, About("The metric that is judged.")]
    before: Annotated[float, About("Its mean over the original runs.")]
    after: Annotated[float, About("Its mean over the remedied runs.")]
    gain: Annotated[float, About("Mean improvement over pairs with the same seed.")]
    interval: Annotated[list[float] | None, About("95 % interval of the gain; null if its error is unknown.")]
    pairs: Annotated[int, About("Pairs with the same seed.")]


class RemedyVerdict(TypedDict):
    """Whether a remedy helped its parent."""

    finding: Annotated[str, About("The finding that the remedy is for.")]
    patch: Annotated[Patch, About("The remedy.")]
    runs: Annotated[int, About("Runs of the remedied spec.")]
    finding_gone: Annotated[int, About("In how many of them the finding is gone.")]
    verdict: Annotated[Literal["helped", "did not help", "inconclusive"], About("What the comparison says.")]
    reason: Annotated[str, About("Why.")]
    numbers: Annotated[RemedyNumbers | None, About("The numbers behind it; null if there are none.")]


class Comparison(TypedDict):
    """Two or more experiments; the first is the baseline."""

    experiments: Annotated[list[ComparedExperiment], About("The experiments in the order they were asked for.")]
    differences: Annotated[list[Difference], About("Where their specs differ.")]
    series: Annotated[
        dict[str, list[JsonValue]],
        About("`epochs`, and for each metric one list an experiment, aligned with them; null where nothing is known."),
    ]
    verdict: Annotated[RemedyVerdict | None, About("Whether a remedy helped; null if none is compared.")]
