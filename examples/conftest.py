"""Shared by the examples."""

from __future__ import annotations

import sys
from pathlib import Path

# The examples import uploader.py as a module next to them, also under --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))
