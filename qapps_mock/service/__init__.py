"""One request to Amazon Q Apps in, one response out."""

from __future__ import annotations
