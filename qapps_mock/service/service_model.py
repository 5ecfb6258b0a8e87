"""botocore's own service model of Q Apps, loaded once."""

from __future__ import annotations

from functools import cache

import botocore.loaders
from botocore.model import ServiceModel


@cache
def service_model() -> ServiceModel:
    """Return botocore's model of Q Apps, loaded once."""
    # Looked up in botocore's module at the time of the call, so that a shared loader is used if there is one.
    loader = botocore.loaders.create_loader()
    # Not load_service_model: it reads the folders of all 430 services to check that this one exists.
    version = loader.determine_latest_version("qapps", "service-2")
    return ServiceModel(loader.load_data(f"qapps/{version}/service-2"), "qapps")
