"""botocore's own service model of Q Apps, loaded once, and close matches for names that are not in it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from functools import cache

import botocore.loaders
from botocore.model import ServiceModel


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of Q Apps, loaded once."""
    # Looked up in botocore's module only now, so that a shared loader put there serves.
    loader = botocore.loaders.create_loader()
    # Not load_service_model: to see that there is such a service, it looks into the folders of all 430.
    version = loader.determine_latest_version("qapps", "service-2")
    return ServiceModel(loader.load_data(f"qapps/{version}/service-2"), "qapps")


def did_you_mean(wrong: object, names: Iterable[str]) -> str:
    """Ask whether one of *names* was meant; empty when none is like *wrong*, a text or a class."""
    near = get_close_matches(getattr(wrong, "__name__", str(wrong)), names, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
