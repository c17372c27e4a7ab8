"""Documents whose members are attributes too."""

from collections.abc import Mapping
from typing import Any, cast

from satnet.records.schema import ExperimentDocument, SweepDocument


class ReadExperiment:
    """One experiment as last read; `experiment["status"]` and `experiment.status` are the same."""

    def __init__(self, document: ExperimentDocument, etag: str | None = None) -> None:
        self.document, self.etag = document, etag

    def __getattr__(self, name: str) -> Any:
        document = self.__dict__.get("document", {})
        if name in document:
            return self[name]
        if document and name in ExperimentDocument.__annotations__:  # a row of a list
            raise AttributeError(f"{name!r} is not in lists: get({document['id']!r}) reads the whole experiment")
        raise AttributeError(f"an experiment has no {name!r}")

    def __getitem__(self, name: str) -> Any:
        members: Mapping[str, Any] = self.document
        return members[name]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.document['id']} {self.document['status']}>"


class ReadSweep(dict[str, Any]):
    """One sweep as last read; `sweep["status"]` and `sweep.status` are the same."""

    @property
    def document(self) -> SweepDocument:
        """The same as a plain document."""
        return cast(SweepDocument, dict(self))

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        raise AttributeError(f"a sweep has no {name!r}")
