"""The page about presigned posts explains every error that the tests of forms expect."""

from __future__ import annotations

import pytest

from tests.s3 import explained


@pytest.fixture(scope="module")
def errors():
    return explained.errors()


def test_the_page_shows_the_errors_of_the_tests():
    assert explained.PLACE.read().strip() == explained.generated().strip(), "run python -m tests.s3.explained"


def test_every_error_of_a_form_is_explained(errors):
    unexplained = [each for each in errors if not any(one.explains(each) for one in explained.EXPLAINED)]

    assert unexplained == []


def test_every_explanation_is_for_an_error_of_the_tests(errors):
    used = {explained.find_explanation(error) for error in errors}

    assert [each for each in explained.EXPLAINED if each not in used] == []
