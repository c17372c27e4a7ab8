"""What an `epoch` event and a progress bar show of an epoch record."""

from satnet.records.schema import EpochRecord, Headline


def worst_saturation(record: EpochRecord) -> float | None:
    """The largest saturated_fraction of a record's layers."""
    shares = (layer["saturated_fraction"] for layer in record["layers"])
    return max((share for share in shares if share is not None), default=None)


def headline(record: EpochRecord) -> Headline:
    """The data of an `epoch` event."""
    return {
        "epoch": record["epoch"],
        "fold": record["fold"],
        "train": record["train"],
        "validation": record["validation"],
        "seconds": record["seconds"],
        "worst_saturated_fraction": worst_saturation(record),
    }
