"""How a command ends: 0 ok, 1 failed, 2 usage, 3 cancelled, 4 not allowed, 5 no service, 124 timeout, 130 Ctrl-C."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from satnet.cli.console import note
from satnet.errors import InvalidSpec, SatnetError, StoreUnavailable

if TYPE_CHECKING:
    from satnet.client import Client

EXIT = {"succeeded": 0, "failed": 1, "cancelled": 3}


@contextmanager
def reported_errors() -> Iterator[None]:
    """Turn errors into lines on stderr and an exit status."""
    from satnet.client import APIConnectionError, APIStatusError, WaitTimeout

    try:
        yield
    except InvalidSpec as error:
        for one in error.errors:
            note(f"{one.pointer}: {one.detail} (got {one.got!r})")
        raise typer.Exit(2) from error
    except APIStatusError as error:
        note(str(error))
        raise typer.Exit(4 if error.status in (401, 403) else 2) from error
    except (APIConnectionError, StoreUnavailable) as error:
        note(str(error))
        raise typer.Exit(5) from error
    except WaitTimeout as error:
        note(str(error))
        raise typer.Exit(124) from error
    except (ValueError, SatnetError) as error:
        note(str(error))
        raise typer.Exit(2) from error
    except KeyboardInterrupt as error:
        raise typer.Exit(130) from error


@contextmanager
def service() -> Iterator["Client"]:
    """The client of SATNET_URL, its errors reported."""
    from satnet.client import Client

    with reported_errors(), Client() as client:
        yield client
