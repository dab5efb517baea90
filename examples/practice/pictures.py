"""The pictures of the course: what Keras computed as thick light lines, Fortran thin and dark."""

from __future__ import annotations

import pathlib

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from experiments import Run, Subject
from in_fortran import Curve
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

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
    "path": "weights, inputs as they are",
    "white_path": "weights, inputs whitened",
}
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
                line(panel, np.arange(1, len(values) + 1), values, world, colour)
    panel.set_xlabel("epoch")
    if shown in LOGARITHMIC:
        panel.set_yscale("log")
    panel.grid(alpha=0.3)


def draw_paths(
    panel: Axes, runs: list[Run], curves: list[Worlds], samples: np.ndarray, way: str
) -> None:
    """Draw the paths of two weights through the valley of their loss."""
    x, y = samples[:, 1:], samples[:, 0]
    if way == "white":
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        variances, axes = np.linalg.eigh(x.T @ x / len(x))
        axes = axes[:, ::-1] * np.sign(
            axes[:, ::-1][np.abs(axes[:, ::-1]).argmax(axis=0), np.arange(2)]
        )
        x = x @ (axes / np.sqrt(variances[::-1]))
    bottom = np.linalg.lstsq(x, y, rcond=None)[0]
    reach = 1.25 * np.abs(bottom).max()
    grid = np.stack(np.meshgrid(*(np.linspace(-reach, reach + at, 200) for at in bottom)), axis=-1)
    offset = grid - bottom
    heights = np.einsum("abi,ij,abj->ab", offset, x.T @ x / len(x), offset)
    panel.contour(grid[..., 0], grid[..., 1], heights, 10.0 ** np.arange(-4, 2, 0.5), colors="0.8")
    panel.plot(*bottom, "k*", markersize=9)
    for run, worlds, colour in zip(runs, curves, COLOURS, strict=False):
        if run.inputs != way:
            continue
        for world in ("Keras", "Fortran"):
            if world in worlds:
                one, two = (np.insert(worlds[world][f"weight_{i}"], 0, 0.0) for i in (1, 2))
                line(panel, one, two, world, colour)
    panel.set_aspect("equal")
    panel.set_xlabel("weight 1")
    panel.set_ylabel("weight 2")


def draw(subject: Subject, curves: list[Worlds], data: pathlib.Path, path: pathlib.Path) -> None:
    """Draw the picture of a subject: a panel for each thing shown, a colour for each run."""
    count = len(subject.shown)
    figure, panels = plt.subplots(1, count, figsize=(3.6 * count + 2.2, 3.6), layout="constrained")
    for panel, shown in zip(np.atleast_1d(panels), subject.shown, strict=True):
        if shown.endswith("path"):
            samples = np.loadtxt(data / "valley_train.txt", skiprows=1)
            way = "white" if shown.startswith("white") else "raw"
            draw_paths(panel, subject.runs, curves, samples, way)
        else:
            draw_curves(panel, shown, curves)
        panel.set_title(LABELS[shown], fontsize=10)
    handles = [Line2D([], [], color=colour, linewidth=3) for colour in COLOURS[: len(subject.runs)]]
    labels = [run.label for run in subject.runs]
    handles += [
        Line2D([], [], color="0.7", linewidth=5),
        Line2D([], [], color="0.2", linewidth=1.1),
    ]
    labels += ["Keras", "Fortran"]
    figure.legend(handles, labels, loc="outside right center", fontsize=9, frameon=False)
    figure.suptitle(subject.title, fontsize=11)
    figure.savefig(path, dpi=100)
    plt.close(figure)
