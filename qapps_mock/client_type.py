"""The type of boto3's client of Q Apps, for type checkers only.

It is the class ``QAppsClient`` of the package ``types-boto3-qapps`` or ``mypy-boto3-qapps`` (the extra
``qapps`` of ``types-boto3`` and ``boto3-stubs`` installs one of them), or else Any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["QAppsClient"]

if TYPE_CHECKING:
    try:
        # Stars, because a star import of a package that is missing defines nothing: mypy and pyright both
        # take the class of the package that is there.
        from mypy_boto3_qapps import *  # noqa: F403  # defines nothing without the package
        from types_boto3_qapps import *  # noqa: F403  # defines nothing without the package
    except ImportError:
        from typing import Any as QAppsClient
