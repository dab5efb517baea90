"""The pictures of the course: what Keras computed as thick light lines, Fortran thin and dark."""

from __future__ import annotations

import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from experiments import Run, Subject
from in_fortran import Curve
from inputs import normalized
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from PIL import Image

Worlds = dict[str, Curve]  # "Fortran" and perhaps "Keras"
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
LABELS = {
    "loss": "loss, training",
    "val_loss": "loss, test",
    "accuracy": "accuracy, training",
    "val_accuracy": "accuracy, test",
    "learning_rate": "learning rate",
    "dead": "hidden units that are 0 for all samples, %",
    "apart": "largest difference of any curve",
}
NOTHING = 1e-17  # in place of a difference of 0
LOGARITHMIC = ("loss", "val_loss", "apart")


def dark(colour: str) -> tuple[float, ...]:
    """Return a darker shade of a colour."""
    return tuple(0.6 * part for part in matplotlib.colors.to_rgb(colour))


def line(panel: Axes, x: np.ndarray, y: np.ndarray, world: str, colour: str) -> None:
    """Draw the curve of one world."""
    if world == "Keras":
        panel.plot(x, y, color=colour, alpha=0.35, linewidth=5, solid_capstyle="round")
    else:
        panel.plot(x, y, color=dark(colour), linewidth=1.1)


def draw_curves(panel: Axes, shown: str, curves: list[Worlds]) -> None:
    """Draw a column of all runs over the epochs."""
    for worlds, colour in zip(curves, COLOURS, strict=False):
        for world in ("Keras", "Fortran"):
            if world in worlds and shown in worlds[world]:
                values = worlds[world][shown] * (100 if shown == "dead" else 1)
                epochs = np.arange(1, len(values) + 1)
                if shown == "apart":
                    panel.plot(epochs, np.maximum(values, NOTHING), color=colour, linewidth=2)
                else:
                    line(panel, epochs, values, world, colour)
    panel.set_xlabel("epoch")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    if shown in LOGARITHMIC:
        panel.set_yscale("log")
    panel.grid(alpha=0.3)


def draw_path(panel: Axes, run: Run, worlds: Worlds, colour: str, data: pathlib.Path) -> None:
    """Draw the path of two weights through the valley of their loss."""
    samples = np.loadtxt(data / f"{run.data}_train.txt", skiprows=1)
    x, y = normalized(run.inputs, samples[:, 1:], samples[:, 1:]), samples[:, 0]
    bottom = np.linalg.lstsq(x, y, rcond=None)[0]
    ends = np.stack([np.minimum(bottom, 0), np.maximum(bottom, 0)])
    middle, reach = ends.mean(axis=0), 0.95 * np.ptp(ends, axis=0).max()
    grid = np.stack(
        np.meshgrid(*(np.linspace(at - reach, at + reach, 200) for at in middle)), axis=-1
    )
    offset = grid - bottom
    heights = np.einsum("abi,ij,abj->ab", offset, x.T @ x / len(x), offset)
    levels = 10.0 ** np.arange(-4, 2, 0.5)
    panel.contour(grid[..., 0], grid[..., 1], heights, levels, colors="0.8", linewidths=0.8)
    panel.plot(*bottom, "k*", markersize=9)
    for world in ("Keras", "Fortran"):
        if world in worlds:
            one, two = (np.insert(worlds[world][f"weight_{i}"], 0, 0.0) for i in (1, 2))
            line(panel, one, two, world, colour)
    panel.set_aspect("equal")
    panel.set_xlim(grid[..., 0].min(), grid[..., 0].max())
    panel.set_ylim(grid[..., 1].min(), grid[..., 1].max())
    panel.set_xlabel("weight 1")
    panel.set_ylabel("weight 2")
    panel.set_title(run.label, fontsize=10)


def draw(subject: Subject, curves: list[Worlds], data: pathlib.Path, path: pathlib.Path) -> None:
    """Draw the picture of a subject: a panel for each thing shown, a colour for each run."""
    paths = len(subject.runs) if "path" in subject.shown else 0
    columns = [shown for shown in subject.shown if shown != "path"]
    across = min(3, paths + len(columns))
    down = -(-(paths + len(columns)) // across)
    figure, grid = plt.subplots(
        down,
        across,
        figsize=(max(3.6 * across, 5) + 2.2, 3.5 * down),
        layout="constrained",
        squeeze=False,
    )
    panels = list(grid.flat)
    for panel, run, worlds, colour in zip(
        panels[:paths], subject.runs, curves, COLOURS, strict=False
    ):
        draw_path(panel, run, worlds, colour, data)
    for panel, shown in zip(panels[paths:], columns, strict=True):
        draw_curves(panel, shown, curves)
        panel.set_title(LABELS[shown], fontsize=10)
        if shown in subject.floors:
            panel.set_ylim(bottom=subject.floors[shown])
    handles = [Line2D([], [], color=colour, linewidth=3) for colour in COLOURS[: len(subject.runs)]]
    labels = [run.label for run in subject.runs]
    if columns != ["apart"]:
        handles.append(Line2D([], [], color="0.7", linewidth=5))
        handles.append(Line2D([], [], color="0.2", linewidth=1.1))
        labels += ["Keras", "Fortran"]
    figure.legend(handles, labels, loc="outside right center", fontsize=9, frameon=False)
    figure.suptitle(subject.title, fontsize=11)
    figure.savefig(path, dpi=100)
    plt.close(figure)
    with Image.open(path) as image:
        smaller = image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
    smaller.save(path, optimize=True)
