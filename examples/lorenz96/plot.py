"""Draw what the coupled run of the Lorenz 96 model wrote.

    plot.py FOLDER [PICTURE.png]

FOLDER holds the CSV files of the program lorenz96; the picture is FOLDER/lorenz96.png unless
another name is given.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.float64]]

TRUTH, NONE, WRONG, LEARNED = "#2b2b2b", "#8a8a8a", "#d95f02", "#1b6ca8"
# What the same network reaches when it is trained offline on the truth itself.
BEST_ERROR = 0.055
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 9,
}


def read_table(path: Path) -> Table:
    """Read a CSV file with a header as named columns."""
    with path.open(encoding="utf-8") as file:
        names = file.readline().strip().split(",")
        values = np.loadtxt(file, delimiter=",", ndmin=2)
    return dict(zip(names, values.T, strict=True))


def draw_closure(axes: Axes, pairs: Table, curves: Table) -> None:
    """Draw B(X): what the truth does, and the network before and after."""
    x = curves["x"]
    axes.scatter(pairs["x"], pairs["b"], s=3, color="#cccccc", label="truth")
    axes.plot(x, curves["quartic"], color=TRUTH, ls="--", lw=1.5, label="truth, quartic fit")
    axes.plot(x, curves["wrong"], color=WRONG, lw=2, label="network before: wrong system")
    axes.plot(x, curves["learned"], color=LEARNED, lw=2, label="network after coupled learning")
    axes.set_xlim(-6.5, 12)
    axes.set_ylim(-5, 5)
    axes.set(title="The closure B(X)", xlabel="slow variable X", ylabel="effect B on dX/dt")
    axes.legend(loc="upper right", markerscale=3)


def draw_climate(axes: Axes, climate: Table) -> None:
    """Draw how often each value of X occurs."""
    x = climate["x"]
    axes.fill_between(x, climate["truth"], color="#dcdcdc", label="truth")
    axes.plot(x, climate["none"], color=NONE, ls=":", lw=2, label="coarse, no closure")
    axes.plot(x, climate["wrong"], color=WRONG, lw=2, label="coarse, network before")
    axes.plot(x, climate["learned"], color=LEARNED, lw=2, label="coarse, network after")
    axes.set_xlim(-9, 16)
    axes.set_ylim(0)
    axes.set(title="The climate of X", xlabel="slow variable X", ylabel="probability density")
    axes.legend(loc="upper right")


def draw_error(axes: Axes, learning: Table) -> None:
    """Draw the error of the closure while it learns."""
    time, error = learning["time"], learning["closure_error"]
    axes.plot(time, error, color=LEARNED, lw=1.5)
    axes.plot(0, error[0], "o", color=WRONG, clip_on=False, zorder=5)
    axes.annotate(
        "network before",
        (0, error[0]),
        xytext=(8, -4),
        textcoords="offset points",
        color=WRONG,
    )
    axes.axhline(BEST_ERROR, color=NONE, ls=":", lw=1.5)
    axes.annotate(
        "trained offline on the truth",
        (time[-1], BEST_ERROR),
        xytext=(0, -11),
        textcoords="offset points",
        ha="right",
        color="#6a6a6a",
        fontsize=9,
    )
    axes.set_xlim(0, time[-1])
    axes.set_ylim(0)
    axes.set(
        title="Error of B(X) while the coupled model runs",
        xlabel="time (model units)",
        ylabel="rms(network - quartic fit)",
    )


def draw_distance(axes: Axes, learning: Table) -> None:
    """Draw how far the coarse model is from the truth that is nudged to it."""
    time, distance = learning["time"][1:], learning["distance"][1:]
    axes.plot(time, distance, color=LEARNED, lw=1.5)
    axes.text(0, 0.001, " for comparison: X itself varies by 3.5", color="#6a6a6a", fontsize=9)
    axes.set_xlim(0, time[-1])
    axes.set_ylim(0, 1.25 * distance.max())
    axes.set(
        title="Coarse model and nudged truth stay together",
        xlabel="time (model units)",
        ylabel="rms(X coarse - X truth)",
    )


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where the program lorenz96 wrote its files")
    parser.add_argument("picture", type=Path, nargs="?", help="picture to write (.png)")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    picture: Path = arguments.picture or folder / "lorenz96.png"

    learning = read_table(folder / "learning.csv")
    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(2, 2, figsize=(11, 7.6), layout="constrained")
        (closure, climate), (error, distance) = panels
        draw_closure(closure, read_table(folder / "pairs.csv"), read_table(folder / "curves.csv"))
        draw_climate(climate, read_table(folder / "climate.csv"))
        draw_error(error, learning)
        draw_distance(distance, learning)
        figure.suptitle(
            "Lorenz 96: a network learns its closure inside the running Fortran model",
            fontsize=13,
            fontweight="bold",
            x=0.01,
            ha="left",
        )
        figure.savefig(picture, dpi=100, pil_kwargs={"optimize": True})
    print(f"drew {picture}")


if __name__ == "__main__":
    main()
