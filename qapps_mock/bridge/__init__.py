"""Every private touch of Moto, botocore, aiobotocore, responses and pytest."""

from __future__ import annotations
