"""The service over HTTP, and the control API beside it."""

from __future__ import annotations
