"""Draw the pictures of the study from the netCDF files and tables of a run.

    plot.py FOLDER [elnino.png forecasts.png]

elnino.png: errors of the next month by group, skill of seasons by lead. forecasts.png: maps of a
warm event, and SST at the equator over time, as it came and as it was forecast.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from orders import GROUPS, group_of
from tables import SEASONS, read_run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Field = NDArray[np.float64]

# Okabe and Ito's colours, which readers of all kinds of sight can tell apart.
DARK, GREY, ORANGE, BLUE, GREEN, PINK = (
    "#2b2b2b",
    "#9a9a9a",
    "#e69f00",
    "#0072b2",
    "#009e73",
    "#cc79a7",
)
SPIN_UP, FRAMES = 180, 3
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
}
# Forecasters of the lower picture: files of a run and their titles.
SHOWN = {
    "fortran/his.nc": "HIS",
    "fortran/trans.nc": "TRANS",
    "simulator_source.nc": "simulator",
}


def draw_errors(axes: Axes, run: Any) -> None:
    """Draw the error of the next month of each group."""
    group = np.arange(1, GROUPS + 1)
    axes.bar(
        group,
        run["", "persistence"]["rmse"],
        0.75,
        color="#e6e6e6",
        label="persistence: nothing changes",
    )
    names = {"free": (ORANGE, "s", "FREE: simulation only")}
    names["his"] = (DARK, "^", "HIS: observation only")
    names["trans"] = (BLUE, "o", "TRANS: simulation, then observation")
    for name, (colour, marker, label) in names.items():
        rmse = run["fortran", name]["rmse"]
        axes.plot(group, rmse, color=colour, ls="", marker=marker, ms=7, label=label)
    axes.set_xticks(group)
    axes.set_ylim(0, 1.6 * float(run["", "persistence"]["rmse"].max()))
    axes.set(
        title="Error of the next month",
        xlabel="group that was left out",
        ylabel="RMSE of SST/2 K and thermocline/50 m",
    )
    axes.legend(loc="upper left", ncols=2, columnspacing=1.2, handlelength=1.2)


def draw_skill(axes: Axes, run: Any) -> None:
    """Draw the mean correlation of seasons, and the lines' names at their ends."""
    lead = np.array([2, 5, 8, 11])
    lines: dict[tuple[str, str], tuple[str, str, str]] = {
        ("", "simulator_own"): (GREEN, ":", "perfect model, no winds to come"),
        ("", "simulator_source"): (GREEN, "-", "simulator, whole state known"),
        ("fortran", "trans"): (BLUE, "-", "TRANS"),
        ("fortran", "his"): (DARK, "-", "HIS"),
        ("fortran", "free"): (ORANGE, "-", "FREE"),
        ("", "persistence"): (GREY, "--", "persistence"),
    }
    for key, (colour, style, label) in lines.items():
        if key in run:
            r = [run[key][season].mean() for season in SEASONS]
            axes.plot(lead, r, color=colour, ls=style, lw=2, marker="o", ms=4, label=label)
    axes.axhline(0, color=GREY, lw=0.8)
    axes.set_xticks(lead, ["1-3", "4-6", "7-9", "10-12"])
    axes.set_ylim(-0.45, 1.55)
    axes.set_yticks(np.arange(-0.4, 1.01, 0.2))
    axes.set(
        title="Forecasts of Niño-3.4, three-month means",
        xlabel="months ahead",
        ylabel="correlation, mean of ten groups",
    )
    axes.legend(loc="upper left", ncols=2, columnspacing=1.2)


class Forecasts:
    """Forecasts of SST by month and lead, only those that begin and end in one group."""

    def __init__(self, path: Path, months: int) -> None:
        """Read a file of elnino_judge or elnino_simulator."""
        self.months = months
        with h5py.File(path) as file:
            self.sst = file["sst"][()]

    def at(self, lead: int) -> Field:
        """Return (month, latitude, longitude): what was said so many months before, or NaN."""
        said = np.full((self.months, *self.sst.shape[2:]), np.nan)
        for number in range(1, GROUPS + 1):
            first, end = group_of(len(self.sst), number)
            for start in range(first, end - lead + 1):
                said[start + FRAMES + lead - 1] = self.sst[start, lead - 1]
        return said


def peak_of(nino: Field) -> int:
    """Return the month of the warmest event that a forecast of six months reaches."""
    reached = np.zeros(len(nino), bool)
    for number in range(1, GROUPS + 1):
        first, end = group_of(len(nino) - FRAMES, number)
        reached[first + FRAMES + 5 : end + FRAMES] = True
    return int(np.argmax(np.where(reached, nino, -9)))


def draw_map(axes: Axes, field: Field, grid: Any, title: str, limit: float) -> Any:
    """Draw SST over longitude and latitude."""
    drawn = axes.pcolormesh(
        grid["longitude"], grid["latitude"], field, cmap="RdBu_r", vmin=-limit, vmax=limit
    )
    axes.axhline(0, color=DARK, lw=0.5)
    box = [190, 240, 240, 190, 190], [-5, -5, 5, 5, -5]
    axes.plot(*box, color=DARK, lw=0.8)
    axes.set_title(title, fontsize=10)
    return drawn


def draw_hovmoeller(axes: Axes, field: Field, grid: Any, title: str, limit: float) -> None:
    """Draw SST at the equator over longitude and time."""
    equator = np.abs(grid["latitude"]) < 4
    year = (np.arange(len(field)) + 0.5) / 12
    axes.set_facecolor("#d0d0d0")
    axes.pcolormesh(
        grid["longitude"],
        year,
        field[:, equator].mean(axis=1),
        cmap="RdBu_r",
        vmin=-limit,
        vmax=limit,
        rasterized=True,
    )
    axes.set_title(title, fontsize=10)
    axes.set_xlabel("longitude, °E")


def draw_forecasts(folder: Path, picture: Path) -> None:
    """Draw the maps and the Hovmoeller diagrams."""
    with h5py.File(folder / "observation/months.nc") as file:
        grid = {name: file[name][()] for name in ("longitude", "latitude")}
        sst, nino = file["sst"][SPIN_UP:], file["nino34"][SPIN_UP:]
    said = {title: Forecasts(folder / path, len(sst)) for path, title in SHOWN.items()}
    peak = peak_of(nino)
    limit = float(np.abs(sst[peak]).max())
    figure = plt.figure(figsize=(12, 9.5), layout="constrained")
    parts: Any = figure.subfigures(2, 1, height_ratios=[1, 1.75])
    above, below = parts
    panels = above.subplots(2, 4, sharex=True, sharey=True)
    drawn = draw_map(panels[0, 0], sst[peak], grid, f"what came, year {peak / 12:.1f}", limit)
    draw_map(panels[1, 0], sst[peak - 6], grid, "six months before", limit)
    for row, lead in enumerate((3, 6)):
        for column, (title, forecasts) in enumerate(said.items(), 1):
            field = forecasts.at(lead)[peak]
            draw_map(panels[row, column], field, grid, f"{title}, {lead} months ahead", limit)
        panels[row, 0].set_ylabel("latitude, °N")
    for axes in panels[1]:
        axes.set_xlabel("longitude, °E")
    above.suptitle("A warm event, and what was said of it", x=0.01, ha="left", weight="bold")
    above.colorbar(drawn, ax=panels, label="SST anomaly, K", aspect=25)
    times = below.subplots(1, 4, sharey=True)
    draw_hovmoeller(times[0], sst, grid, "what came", limit)
    for axes, (title, forecasts) in zip(times[1:], said.items(), strict=True):
        draw_hovmoeller(axes, forecasts.at(3), grid, f"{title}, 3 months ahead", limit)
    first = max(0, peak / 12 - 9)
    times[0].set_ylim(first, min(first + 15, len(sst) / 12))
    times[0].set_ylabel("year of the observation")
    text = "SST at the equator (grey: no forecast begins and ends in one group)"
    below.suptitle(text, x=0.01, ha="left", weight="bold")
    below.colorbar(drawn, ax=times, label="SST anomaly, K", aspect=40)
    figure.savefig(picture, dpi=80)
    plt.close(figure)


def draw_study(folder: Path, picture: Path) -> None:
    """Draw errors and skill."""
    run = read_run(folder)
    figure, panels = plt.subplots(1, 2, figsize=(12, 4.6), layout="constrained")
    draw_errors(panels[0], run)
    draw_skill(panels[1], run)
    figure.savefig(picture, dpi=90)
    plt.close(figure)


def main() -> None:
    """Draw what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="what run.sh wrote")
    parser.add_argument("pictures", type=Path, nargs="*", help="where to draw")
    arguments = parser.parse_args()
    folder = arguments.folder
    pictures = arguments.pictures or [folder / "elnino.png", folder / "forecasts.png"]
    with plt.rc_context(STYLE):
        draw_study(folder, pictures[0])
        draw_forecasts(folder, pictures[1])
    print("drawn:", *pictures)


if __name__ == "__main__":
    main()
