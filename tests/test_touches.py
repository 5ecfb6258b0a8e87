from __future__ import annotations

from qapps_mock.bridge.table import TABLE
from tests import touches


def test_the_page_shows_the_table_of_the_bridge():
    assert touches.PLACE.read().strip() == touches.generated().strip(), "run python -m tests.touches"


def test_each_touch_states_its_use_and_its_gain():
    assert [str(touch) for touch in TABLE if not touch.use or not touch.gain] == []
