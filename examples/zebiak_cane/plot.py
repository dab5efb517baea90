"""Draw what the coupled model and its networks wrote.

    plot.py FOLDER [zebiak_cane.png networks.png]

FOLDER holds the files of the programs; what is not there is not drawn. zebiak_cane.png shows the
model (months.nc), networks.png its networks (skill.csv, online.csv, closure.csv and others).
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
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Table = dict[str, NDArray[np.float64]]

DARK, GREY, ORANGE, BLUE, GREEN = "#2b2b2b", "#9a9a9a", "#d95f02", "#1b6ca8", "#3a8f5c"
SPIN_UP = 180
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


def draw_index(axes: Axes, nino: NDArray[np.float64], first: int) -> None:
    """Draw Nino-3.4 over forty years, warm and cold."""
    shown = nino[: 12 * 40]
    year = (first + np.arange(len(shown))) / 12
    axes.fill_between(year, shown, 0, where=shown > 0, color=ORANGE, interpolate=True, lw=0)
    axes.fill_between(year, shown, 0, where=shown < 0, color=BLUE, interpolate=True, lw=0)
    axes.axhline(0, color=DARK, lw=0.8)
    axes.set_xlim(year[0], year[-1])
    axes.set(title="Niño-3.4", xlabel="year of the run", ylabel="SST anomaly, K")


def draw_spectrum(axes: Axes, nino: NDArray[np.float64]) -> None:
    """Draw the power of Nino-3.4 over the period."""
    series = (nino - nino.mean()) * np.hanning(len(nino))
    power = np.abs(np.fft.rfft(series, 4 * len(nino))) ** 2
    frequency = np.fft.rfftfreq(4 * len(nino), 1 / 12)
    share = power / power.sum() / (frequency[1] - frequency[0])
    chosen = (frequency > 1 / 12) & (frequency < 2)
    axes.plot(frequency[chosen], share[chosen], color=DARK, lw=1.5)
    axes.fill_between(frequency[chosen], share[chosen], color="#dcdcdc")
    axes.set_xscale("log")
    ticks = [10, 5, 3, 2, 1, 0.5]
    axes.set_xticks([1 / t for t in ticks], [f"{t:g}" for t in ticks])
    axes.minorticks_off()
    axes.set_ylim(0)
    axes.set(title="Its spectrum", xlabel="period, years", ylabel="share of variance per 1/year")


def draw_hovmoeller(
    axes: Axes, field: NDArray[np.float64], grid: dict[str, Any], title: str, unit: str
) -> None:
    """Draw a field at the equator over longitude and time."""
    year = (grid["first"] + np.arange(len(field))) / 12
    limit = float(np.percentile(np.abs(field), 99.5))
    levels = MaxNLocator(16, symmetric=True).tick_values(-limit, limit)
    filled = axes.contourf(
        grid["longitude"], year, field, levels=levels, cmap="RdBu_r", extend="both"
    )
    bar = axes.figure.colorbar(filled, ax=axes, ticks=levels[len(levels) // 2 % 4 :: 4])
    bar.set_label(unit)
    axes.set(title=title, xlabel="longitude, °E", ylabel="year of the run")


def draw_model(months: Path, picture: Path) -> None:
    """Draw the picture of the model."""
    with h5py.File(months) as file:
        first = int(file["month"][0]) - 1
        # A run that ends before the spin-up does is shown as it is.
        begin = max(0, SPIN_UP - first) if first + len(file["month"]) > SPIN_UP + 12 else 0
        nino = file["nino34"][begin:]
        latitude = file["latitude"][()]
        equator = np.abs(latitude) < 4
        window = slice(begin, begin + 12 * 15)
        sst = file["sst"][window][:, equator].mean(axis=1)
        h = file["h"][window][:, equator].mean(axis=1)
        grid = {"longitude": file["longitude"][()], "first": first + begin}
    figure, panels = plt.subplots(
        2, 2, figsize=(11, 8.6), layout="constrained", height_ratios=[1, 1.5]
    )
    draw_index(panels[0, 0], nino, first + begin)
    draw_spectrum(panels[0, 1], nino)
    draw_hovmoeller(panels[1, 0], sst, grid, "SST at the equator", "K")
    draw_hovmoeller(panels[1, 1], h, grid, "Thermocline at the equator", "m (positive: deeper)")
    save(figure, picture, "El Niño in the coupled model")


def draw_skill(axes: Axes, skill: Table) -> None:
    """Draw the correlation of forecasts with what came."""
    lead = skill["lead"]
    axes.plot(lead, skill["persistence_r"], color=GREY, ls=":", lw=2, label="persistence")
    names = {
        "frozen_r": (ORANGE, "network from the other model"),
        "history_r": (DARK, "network from 39 years of this one"),
        "tuned_r": (BLUE, "network from the other, tuned"),
    }
    for name, (colour, label) in names.items():
        if np.any(skill[name]):
            axes.plot(lead, skill[name], color=colour, lw=2, label=label)
    axes.set_xticks(lead)
    axes.set_ylim(-0.95, 1.03)
    axes.set_xlim(1, 12)
    axes.axhline(0, color=GREY, lw=0.8)
    axes.set(
        title="Forecasts of Niño-3.4",
        xlabel="months ahead",
        ylabel="correlation with what came",
    )
    axes.legend(loc="lower left")


def draw_ensemble(axes: Axes, ensemble: Table) -> None:
    """Draw the error of the mean of ensembles, and what their members say it will be."""
    lead = ensemble["lead"]
    axes.plot(lead, ensemble["rmse"], color=DARK, lw=2, label="error of the mean")
    axes.plot(lead, ensemble["spread"], color=GREEN, lw=2, label="spread of the members")
    axes.set_xticks(lead)
    axes.set_xlim(1, 12)
    axes.set_ylim(0, 1.25 * float(max(ensemble["rmse"].max(), ensemble["spread"].max())))
    axes.set(title="Ensembles: how sure?", xlabel="months ahead", ylabel="Niño-3.4, K")
    axes.legend(loc="lower right")


def draw_online(axes: Axes, online: Table) -> None:
    """Draw the error relative to that of the frozen network, five years at a time."""
    window = min(120, len(online["frozen"]) // 4)
    mean = {name: np.convolve(v, np.ones(window) / window, "valid") for name, v in online.items()}
    year = (window / 2 + np.arange(len(mean["frozen"]))) / 12
    axes.plot(year, np.sqrt(mean["persistence"]), color=GREY, ls=":", lw=2, label="persistence")
    axes.plot(year, np.sqrt(mean["frozen"]), color=ORANGE, lw=2, label="frozen")
    axes.plot(year, np.sqrt(mean["online"]), color=BLUE, lw=2, label="learning while it runs")
    axes.set_ylim(0)
    axes.set_xlim(0, len(online["frozen"]) / 12)
    axes.set(
        title="Error while the model runs",
        xlabel="year",
        ylabel=f"RMSE of the next month over {window // 12} years",
    )
    axes.legend(loc="lower left")


def draw_curves(axes: Axes, curves: Table) -> None:
    """Draw the closure: old and new formula, the network before and after."""
    h = curves["h"]
    axes.plot(h, curves["formula_50"], color=GREY, lw=4, alpha=0.6, label="formula")
    axes.plot(h, curves["network_50"], color=ORANGE, lw=1.5, label="network that learned it")
    axes.plot(h, curves["changed_50"], color=GREY, lw=4, ls=(0, (1, 0.6)), label="changed formula")
    axes.plot(h, curves["learned_50"], color=BLUE, lw=1.5, label="network that learned on")
    axes.set_xlim(-50, 50)
    changed = curves["changed_50"][np.abs(h) <= 50]
    axes.set_ylim(1.1 * changed.min(), 1.1 * changed.max())
    axes.set(
        title="Subsurface temperature, mean depth 50 m",
        xlabel="thermocline anomaly, m",
        ylabel="temperature anomaly, K",
    )
    axes.legend(loc="upper left")


def draw_closure(axes: Axes, closure: Table, learning: Table) -> None:
    """Draw Nino-3.4 of the last 25 years with the changed closure, and the three closures."""
    last = slice(-300, None)
    year = closure["month"][last] / 12
    axes.plot(year, closure["changed"][last], color=GREY, lw=4, alpha=0.6, label="changed formula")
    axes.plot(year, closure["frozen"][last], color=ORANGE, lw=1.5, label="network as it was")
    axes.plot(year, closure["learning"][last], color=BLUE, lw=1.5, label="network that learns on")
    axes.set_xlim(year[0], year[-1])
    top = float(max(closure[name][last].max() for name in ("changed", "frozen", "learning")))
    axes.set_ylim(None, 1.55 * top)
    axes.set(title="Niño-3.4 after the change", xlabel="year of the run", ylabel="K")
    axes.legend(loc="upper left", ncols=3, columnspacing=0.8, handlelength=1.2)
    error = np.sqrt(np.mean(learning["learning"][-120:] ** 2))
    before = np.sqrt(np.mean(learning["frozen"][-120:] ** 2))
    text = f"error of the closure, last 10 years: {before:.3f} K as it was, {error:.3f} K learned"
    axes.text(0.02, 0.86, text, transform=axes.transAxes, fontsize=9, color="#6a6a6a", va="top")


def draw_networks(folder: Path, picture: Path) -> None:
    """Draw the picture of the networks."""
    figure = plt.figure(figsize=(13, 8.2), layout="constrained")
    panels = figure.subplot_mosaic("SSEEOO;UUUCCC")
    drawn: dict[str, tuple[Any, list[str]]] = {
        "S": (draw_skill, ["skill.csv"]),
        "E": (draw_ensemble, ["ensemble.csv"]),
        "O": (draw_online, ["online.csv"]),
        "U": (draw_curves, ["curves.csv"]),
        "C": (draw_closure, ["closure.csv", "learning.csv"]),
    }
    for name, (draw, files) in drawn.items():
        if all((folder / file).exists() for file in files):
            draw(panels[name], *(read_table(folder / file) for file in files))
        else:
            panels[name].set_visible(False)
    save(figure, picture, "Networks in the coupled model: forecasts above, a closure below")


def save(figure: Any, picture: Path, title: str) -> None:
    """Give a figure its title and write it."""
    figure.suptitle(title, fontsize=13, fontweight="bold", x=0.01, ha="left")
    figure.savefig(picture, dpi=90, pil_kwargs={"optimize": True})
    plt.close(figure)
    print(f"drew {picture}")


def main() -> None:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="where the programs wrote their files")
    parser.add_argument("pictures", type=Path, nargs="*", help="two pictures to write (.png)")
    arguments = parser.parse_args()
    folder: Path = arguments.folder
    pictures = arguments.pictures or [folder / "zebiak_cane.png", folder / "networks.png"]
    with plt.rc_context(STYLE):
        if (folder / "months.nc").exists():
            draw_model(folder / "months.nc", pictures[0])
        if any((folder / name).exists() for name in ("skill.csv", "online.csv", "closure.csv")):
            draw_networks(folder, pictures[1])


if __name__ == "__main__":
    main()
