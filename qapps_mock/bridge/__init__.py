"""Every private touch of Moto, botocore and responses."""

from __future__ import annotations
