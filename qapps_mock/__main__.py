"""``python -m qapps_mock``: the command ``qapps-mock``."""

from __future__ import annotations

from qapps_mock.cli import main

if __name__ == "__main__":
    main()
