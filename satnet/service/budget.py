"""The budget of one experiment, with the limits that the settings say."""

from dataclasses import fields

from satnet.errors import InvalidSpec
from satnet.settings import Settings
from satnet.spec import ExperimentSpec, plan_network
from satnet.spec.budget import Limits, exceeded


def limits(settings: Settings) -> Limits:
    """The limits of one experiment."""
    return Limits(**{field.name: getattr(settings, f"max_{field.name}") for field in fields(Limits)})


def require_affordable(spec: ExperimentSpec, settings: Settings) -> None:
    """Raises InvalidSpec with code `limit` where a spec needs more than it may."""
    if errors := exceeded(spec, plan_network(spec), limits(settings)):
        raise InvalidSpec(errors)
