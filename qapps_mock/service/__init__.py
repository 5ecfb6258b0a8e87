"""How one request to Amazon Q Apps becomes one response."""

from __future__ import annotations
