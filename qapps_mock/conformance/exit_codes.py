"""How the command ends."""

from __future__ import annotations

# Done, and nothing differs.
DONE = 0
# Something differs.
DIFFERS = 1
# The arguments or the user do not allow it, or the record cannot be written.
REFUSED = 2
# Something is left that `clean` removes.
LEFT = 3
# Interrupted, and nothing is left.
INTERRUPTED = 130
