"""Register Q Apps in Moto: its routes, its backends, its dashboard, its server."""

from __future__ import annotations

import re
import sys
import warnings
from typing import TYPE_CHECKING, Any

from qapps_mock import endpoints, models
from qapps_mock.bridge.table import Touch
from qapps_mock.server import dashboard

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from werkzeug.serving import WSGIRequestHandler

_SERVICE = "qapps"
_GENERAL = "Moto's general route, plain mock_aws and Moto's server serve Amazon Q Apps"
_SHOWN = "Moto's dashboard shows apps, sessions, library items and uploads"
_WHOLE = "the server serves all of Moto"
_SERVER = "moto.moto_server.werkzeug_app"

ROUTES = Touch("moto.backend_index", "backend_url_patterns", _GENERAL, "gets one more", needed=True)
_DASHBOARD = Touch("moto.core.model_instances", "model_data", _SHOWN, "gets one more entry")
_DISPATCHER = Touch(_SERVER, "DomainDispatcherApplication", _WHOLE, needed=True)
_APPLICATION = Touch(_SERVER, "create_backend_app", _WHOLE, needed=True)


def register() -> None:
    """Add Q Apps to Moto: from now on plain ``mock_aws`` and Moto's server respond to its calls.

    Raises:
        RuntimeError: this release of Moto keeps its routes elsewhere.
    """
    # Moto has no hook for a service from outside: its routes come from `backend_index`, and its backends from
    # modules named ``moto.<service>``.
    if sys.modules.get(f"moto.{_SERVICE}") is models:
        return
    routes = ROUTES.find()
    route = (_SERVICE, re.compile(endpoints.QAPPS_BASE))
    if any(name == _SERVICE and pattern != route[1] for name, pattern in routes):
        warnings.warn(
            "This release of Moto has a qapps of its own; qapps_mock takes its place.", stacklevel=2
        )
    if (
        route not in routes
    ):  # the route stays when only the module is removed from sys.modules, for example by pytester
        routes.insert(0, route)
    sys.modules[f"moto.{_SERVICE}"] = models
    # The metaclass of Moto's own models adds them.
    shown: Any = _DASHBOARD.find()
    if shown is not None:
        shown[_SERVICE] = dict(dashboard.TABLES)


def moto_server() -> tuple[WSGIApplication, type[WSGIRequestHandler]]:
    """Return the application of Moto's server, and its handler of requests.

    Moto offers a whole server only (`ThreadedMotoServer`), with no place for an application in front.

    Raises:
        RuntimeError: this release of Moto has another server.
    """
    from werkzeug.serving import WSGIRequestHandler  # imported here for start-up time

    register()
    application = _DISPATCHER.find()(_APPLICATION.find())
    # Since 5.2.5 Moto has a handler that keeps the underscores in the names of S3's metadata.
    return application, getattr(_DISPATCHER.find_owner(), "MotoRequestHandler", WSGIRequestHandler)
