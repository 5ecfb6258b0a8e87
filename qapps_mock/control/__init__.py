"""How a test controls a running mock and inspects it."""

from __future__ import annotations
