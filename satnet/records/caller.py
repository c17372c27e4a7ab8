"""Who asks, and what they may do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import get_args

from satnet.records.schema import ScopeName

SCOPES: tuple[ScopeName, ...] = get_args(ScopeName)  # each includes those before it


@dataclass(frozen=True)
class Caller:
    """The owner of a key, or whoever asks where none is needed."""

    owner: str | None
    scopes: Sequence[ScopeName]
    key: str | None = None  # the key's id

    def may(self, scope: ScopeName) -> bool:
        """Whether one of the scopes is `scope` or includes it."""
        return any(SCOPES.index(one) >= SCOPES.index(scope) for one in self.scopes)

    @property
    def is_admin(self) -> bool:
        """Whether what belongs to others is theirs to see and change too."""
        return self.may("admin")


ANYBODY = Caller(None, ("admin",))  # where no key is needed
