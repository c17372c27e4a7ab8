"""The body that creates an API key."""

from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from satnet.records.schema import ScopeName

NAME = r"^[A-Za-z0-9][A-Za-z0-9._@-]*$"
Name = Annotated[str, Field(pattern=NAME, max_length=64)]


class NewKey(BaseModel):
    """A key that is to be created."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[Name, Field(description="Letters, digits and . _ @ -, at most 64.")]
    scopes: Annotated[
        list[ScopeName],
        Field(min_length=1, max_length=3, description="What it allows; admin includes submit, submit includes read."),
    ] = ["read", "submit"]
    owner: Annotated[Name | None, Field(description="Whose it is; null: as the key is named.")] = None
    expires_at: Annotated[AwareDatetime | None, Field(description="RFC 3339, in the future; null: never.")] = None
