"""Past windows out of the ordinary: what they teach about the level does not come back."""

from collections.abc import Mapping

from sodai.domain.calendar import Window
from sodai.domain.drift.volume import volume_chart


def eventful(purchases: Mapping[Window, int]) -> frozenset[Window]:
    """Return the windows in which far more or fewer pairs were bought than usual.

    Parameters
    ----------
    purchases : mapping
        Pairs bought by window, windows of one shape. Each is judged on the eight ordinary ones
        before it, as the volume chart judges weeks by their lines.
    """
    chart = volume_chart({window.week: bought for window, bought in purchases.items()})
    return frozenset(window for window in purchases if chart[window.week].flagged)
