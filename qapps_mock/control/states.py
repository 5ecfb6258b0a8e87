"""The state of the service as a JSON document."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

from qapps_mock.control.active import ACTIVE
from qapps_mock.control.handle import OfRun

Document: TypeAlias = "str | os.PathLike[str] | Mapping[str, Any] | list[Any]"


class States(OfRun):
    """How a test loads and inspects the state; neither counts as a call."""

    def load(self, document: Document) -> None:
        """Add the content of a document to the state: apps, categories, library items, sessions.

        Args:
            document: the path of a JSON file, or what it contains: the result of `dump`, or a list of
                results of GetQApp, as an export of real apps has it.

        Raises:
            RuntimeError: the mock is not active.
            OSError: the file cannot be read.
            ValueError: something in the document is not valid; the message says where and why. Nothing is loaded.
        """
        self._running("load()")
        self._load(read_document(document))

    def dump(self) -> dict[str, Any]:
        """Return the whole state without the uploaded files: a document for `load` and `json.dumps`.

        Raises:
            RuntimeError: the mock is not active.
        """
        self._running("dump()")
        return self._dump()

    def _load(self, document: Any) -> None:
        from qapps_mock import models  # imported here for start-up time

        models.load(document, ACTIVE.default_email)

    def _dump(self) -> dict[str, Any]:
        from qapps_mock import models  # imported here for start-up time

        return models.dump()


def read_document(document: Document) -> Any:
    """Return the content of a document.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is not JSON in UTF-8.
    """
    if not isinstance(document, (str, os.PathLike)):
        return document
    try:
        return json.loads(Path(document).read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{os.fspath(document)} is not JSON: {error}") from None
