"""What the examples share."""

from __future__ import annotations

import sys
from pathlib import Path

# The examples import uploader.py as a script next to it would, also under --import-mode=importlib.
sys.path.insert(0, str(Path(__file__).parent))
