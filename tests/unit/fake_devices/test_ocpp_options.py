"""Options of a fake station are read from words, and wrong ones are refused."""

import pytest

from fake_devices import FakeOptionError
from fake_devices.ocpp_options import StationOptions


def test_words_become_values() -> None:
    """All that can be typed has its type."""
    options = StationOptions.read(
        {"connectors": "3", "signs": "true", "clock_offset_s": "-3600", "stray_number": "-1"}
    )
    assert (options.connectors, options.signs) == (3, True)
    assert (options.clock_offset_s, options.stray_number) == (-3_600, -1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"connectors": "0"}, {"connectors": "many"}, {"colour": "red"}, {"unit": "V"},
        {"start_points": "Sometimes"}, {"sample_s": "-1"},
    ],
)  # fmt: skip
def test_wrong_words_are_refused(wrong: dict[str, str]) -> None:
    """One sentence says which there are."""
    with pytest.raises(FakeOptionError, match=r"there are connectors, password"):
        StationOptions.read(wrong)
