"""A table of a page that a program writes: it stands between two marks."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

END = "<!-- end -->\n"


class Place(NamedTuple):
    """Where the table stands: the page, and the line before the table. A line `END` is behind it."""

    page: Path
    mark: str

    def read(self) -> str:
        """Return the table."""
        return self._split()[1]

    def write(self, table: str) -> None:
        """Replace the table."""
        before, _, after = self._split()
        self.page.write_text(f"{before}{self.mark}\n{table}\n{END}{after}")

    def _split(self) -> tuple[str, str, str]:
        head, mark, rest = self.page.read_text().partition(self.mark)
        table, end, tail = rest.partition(END)
        assert mark, f"{self.page.name} has no line {self.mark}"
        assert end, f"{self.page.name} has no line {END}"
        return head, table, tail
