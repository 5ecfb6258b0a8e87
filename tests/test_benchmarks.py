"""The benchmarks write many apps directly into the backend: this still works."""

from __future__ import annotations

import functools

from benchmarks import growth, timing


def test_growth_is_measured(monkeypatch):
    monkeypatch.setattr(growth, "best", functools.partial(timing.best, rounds=1))
    monkeypatch.setattr(growth, "_FEW", 10)
    monkeypatch.setattr(growth, "_MANY", 200)

    ratio, reset, memory = (figure for _, figure, _ in growth.rows())

    assert ratio > 0
    assert reset > 0
    assert 0 < memory < 4
