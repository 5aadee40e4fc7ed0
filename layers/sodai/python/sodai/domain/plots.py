"""Pictures of an evaluation."""

import io
from collections.abc import Mapping
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def draw_precision_recall(curves: Mapping[str, Mapping[str, Any]]) -> bytes:
    """Draw precision against recall, one line per held-out window.

    Parameters
    ----------
    curves : mapping
        By cutoff: ``precision_recall`` with lists ``precision`` and ``recall``.

    Returns
    -------
    bytes
        A PNG.
    """
    figure = Figure(figsize=(6, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for cutoff, curve in curves.items():
        line = curve["precision_recall"]
        axes.plot(line["recall"], line["precision"], label=f"from {cutoff}")
    axes.set(xlabel="recall", ylabel="precision", xlim=(0, 1), ylim=(0, 1))
    axes.set_title("Precision and recall on held-out windows")
    axes.grid(alpha=0.3)
    axes.legend()
    out = io.BytesIO()
    figure.savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()
