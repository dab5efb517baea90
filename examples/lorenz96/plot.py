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

TRUTH, NONE, WRONG, OFFLINE, LEARNED = "#2b2b2b", "#8a8a8a", "#d95f02", "#3a8f5c", "#1b6ca8"
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
    axes.plot(x, curves["offline"], color=OFFLINE, lw=2, label="network, offline on the truth")
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
    axes.plot(x, climate["offline"], color=OFFLINE, lw=2, label="coarse, network offline")
    axes.plot(x, climate["learned"], color=LEARNED, lw=2, label="coarse, network after")
    axes.set_xlim(-9, 16)
    axes.set_ylim(0)
    axes.set(title="The climate of X", xlabel="slow variable X", ylabel="probability density")
    axes.legend(loc="upper right")


def draw_error(axes: Axes, learning: Table, best: float) -> None:
    """Draw the error of the closure while it learns, and the best, of the one trained offline."""
    time, error = learning["time"], learning["closure_error"]
    axes.plot(time, error, color=LEARNED, lw=1.5)
    axes.plot(time[0], error[0], "o", color=WRONG, clip_on=False, zorder=5)
    note: Any = {"textcoords": "offset points", "fontsize": 9}
    axes.annotate("network before", (time[0], error[0]), xytext=(8, -4), color=WRONG, **note)
    axes.axhline(best, color=OFFLINE, ls=":", lw=1.5)
    axes.annotate(
        "trained offline on the truth",
        (time[-1], best),
        xytext=(0, -12),
        ha="right",
        color=OFFLINE,
        **note,
    )
    axes.set_xlim(time[0], time[-1])
    axes.set_ylim(0)
    axes.set(
        title="Error of B(X) while the coupled model runs",
        xlabel="time (model units)",
        ylabel="rms(network - quartic fit)",
    )


def draw_forecasts(axes: Axes, forecasts: Table, climate: Table) -> None:
    """Draw the error of forecasts that begin from the truth."""
    names = {
        "none": (NONE, ":", "no closure"),
        "quartic": (TRUTH, "--", "quartic fit"),
        "wrong": (WRONG, "-", "network before"),
        "offline": (OFFLINE, "-", "network offline"),
        "learned": (LEARNED, "-", "network after"),
    }
    time = forecasts["time"]
    for name, (colour, line, label) in names.items():
        axes.plot(time, forecasts[name], color=colour, ls=line, lw=2, label=label)
    x, weight = climate["x"], climate["truth"] / climate["truth"].sum()
    chance = np.sqrt(2 * (weight @ x**2 - (weight @ x) ** 2))
    axes.axhline(chance, color=NONE, lw=0.8)
    axes.text(time[-1], chance - 0.32, "two states by chance", color="#6a6a6a", ha="right")
    axes.set_xlim(0, time[-1])
    axes.set_ylim(0, 1.15 * chance)
    axes.set(
        title="Skill: error of forecasts of X",
        xlabel="time ahead (model units)",
        ylabel="rms(X coarse - X truth)",
    )
    axes.legend(loc="lower right")


def main() -> None:
    """Draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where the program lorenz96 wrote its files")
    parser.add_argument("picture", type=Path, nargs="?", help="picture to write (.png)")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    picture: Path = arguments.picture or folder / "lorenz96.png"

    with plt.rc_context(STYLE):
        figure, panels = plt.subplots(2, 2, figsize=(11, 7.6), layout="constrained")
        pairs, curves = (read_table(folder / name) for name in ("pairs.csv", "curves.csv"))
        densities = read_table(folder / "climate.csv")
        # The error of a curve over the values that X takes.
        weight = np.interp(curves["x"], densities["x"], densities["truth"])
        squares = (curves["offline"] - curves["quartic"]) ** 2
        best = float(np.sqrt(weight @ squares / weight.sum()))
        draw_closure(panels[0, 0], pairs, curves)
        draw_climate(panels[0, 1], densities)
        draw_error(panels[1, 0], read_table(folder / "learning.csv"), best)
        draw_forecasts(panels[1, 1], read_table(folder / "forecasts.csv"), densities)
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
