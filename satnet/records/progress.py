"""How far an experiment is."""

from satnet.records.schema import EpochRecord, Progress, SpecJson


def first_progress(spec: SpecJson) -> Progress:
    """Progress before anything ran; `spec` is normalised JSON."""
    folds = (spec.get("cross_validation") or {}).get("folds")
    epochs = spec["training"]["epochs"]
    return {"epoch": 0, "epochs": epochs, "fold": None, "folds": folds, "fraction": 0.0, "eta_s": None}


def progress_at(spec: SpecJson, record: EpochRecord, elapsed: float) -> Progress:
    """Progress after a record, `elapsed` seconds into training; the remaining time once three epochs were timed."""
    progress = first_progress(spec)
    fold, epoch, epochs = record["fold"], record["epoch"], progress["epochs"]
    done = (fold or 0) * epochs + epoch
    total = epochs * (progress["folds"] or 1)
    eta = elapsed / done * (total - done) if done >= 3 else None
    return {**progress, "epoch": epoch, "fold": fold, "fraction": done / total, "eta_s": eta}
