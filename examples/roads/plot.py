#!/usr/bin/env python3
"""Draw what study.py and roads_map have left in a folder.

Usage: plot.py FOLDER [PICTURES]

FOLDER has data, fortran and map_blend.pgm, as run.sh leaves them. PICTURES (default: FOLDER) gets
measures.png: F-measure, losses, gradients; masks.png: tiles of the test; map.png: the large one.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")
import fkb
import matplotlib.pyplot as plt
import numpy as np
from data import read_picture, read_tiles
from lessons import NETWORKS, STRATEGIES
from study import read_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

COLOURS = {"few": "#9a9a9a", "rotations": "#1b6ca8", "filters": "#d95f02"}
FOUND, MISSED, WRONG = (27, 108, 168), (250, 190, 40), (217, 60, 130)
STYLE: Any = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
}


def draw_measure(axes: Axes, rows: list[dict[str, str]]) -> None:
    """Draw the F-measure of each network and strategy: bars are means, dots are seeds."""
    for place, strategy in enumerate(STRATEGIES):
        for at, network in enumerate(NETWORKS):
            values = [
                float(row["f_measure"])
                for row in rows
                if row["network"] == network and row["strategy"] == strategy
            ]
            if not values:
                continue
            x = at + 0.27 * (place - 1)
            axes.bar(x, np.mean(values), 0.24, color=COLOURS[strategy], label=strategy * (at == 0))
            axes.plot([x] * len(values), values, "o", ms=4, mfc="white", mec="#2b2b2b", mew=1)
    axes.set_xticks(range(len(NETWORKS)), [name.upper() for name in NETWORKS])
    axes.set_ylim(0, 1)
    axes.legend(ncols=3, loc="upper right")
    axes.set(title="F-measure of the test", ylabel="F-measure")


def draw_losses(axes: Axes, folder: Path, network: str) -> None:
    """Draw the loss of lessons and test over the epochs."""
    highest = 0.0
    for strategy in STRATEGIES:
        path = folder / f"{network}_{strategy}_1.csv"
        if not path.exists():
            continue
        rows = read_table(path)
        epochs = [int(row["epoch"]) for row in rows]
        for name, line in (("loss", ":"), ("val_loss", "-")):
            values = [float(row[name]) for row in rows]
            highest = max(highest, *values)
            axes.plot(epochs, values, line, lw=2, color=COLOURS[strategy])
    axes.plot([], [], "-", color="#2b2b2b", label="test")
    axes.plot([], [], ":", color="#2b2b2b", label="training")
    axes.set_ylim(0, 1.25 * highest)
    axes.legend(ncols=2, loc="upper right")
    axes.set(title=f"Loss of {network.upper()}, first seed", xlabel="epoch")
    axes.set_ylabel("binary cross-entropy")


def draw_slopes(axes: Axes, folder: Path) -> None:
    """Draw the gradient of each kernel of untrained networks, from the input on."""
    lines = {"glorot_uniform": ":", "he_uniform": "-"}
    colours = {"vgg10": "#9a9a9a", "vgg12": "#3a8f5c", "vgg16": "#2b2b2b"}
    for network, initializer in product(NETWORKS, lines):
        path = folder / f"slopes_{network}_{initializer}.csv"
        if not path.exists():
            continue
        values = [float(row["slope"]) for row in read_table(path)]
        label = f"{network.upper()}, {initializer.split('_')[0].capitalize()}"
        place = np.linspace(0, 1, len(values))
        line = lines[initializer]
        axes.semilogy(place, values, line, lw=2, color=colours[network], label=label)
    axes.set_xticks([0, 1], ["input", "output"])
    bottom, top = axes.get_ylim()
    axes.set_ylim(bottom, 300 * top)
    if axes.lines:
        axes.legend(ncols=1, loc="upper left", fontsize=8, labelspacing=0.2)
    axes.set(title="Before training", ylabel="gradient of a kernel, rms")


def draw_measures(folder: Path, picture: Path) -> None:
    """Draw F-measures and losses."""
    figure, panels = plt.subplots(
        1, 3, figsize=(12.5, 3.7), layout="constrained", width_ratios=[1.35, 1, 0.8]
    )
    draw_measure(panels[0], read_table(folder / "fortran/table.csv"))
    draw_losses(panels[1], folder / "fortran", "vgg10")
    draw_slopes(panels[2], folder)
    figure.savefig(picture, dpi=90)
    plt.close(figure)


def draw_masks(folder: Path, picture: Path) -> None:
    """Draw some tiles of the test, their roads, and what a network found with each strategy."""
    images, masks = (read_tiles(folder / f"data/test{suffix}") for suffix in (".ppm", ".pgm"))
    chosen = [int(i) for i in np.linspace(1, len(images) - 2, 5)]
    found: dict[str, NDArray[Any]] = {}
    for strategy in STRATEGIES:
        path = folder / f"fortran/vgg10_{strategy}_1.fkb"
        if path.exists():
            x = images[chosen].astype("float32") / 255
            found[strategy] = np.asarray(fkb.load(path).predict(x))[..., 0]
    columns = ["tile", "roads", *found]
    figure, panels = plt.subplots(
        len(chosen), len(columns), figsize=(1.45 * len(columns), 1.45 * len(chosen) + 0.2)
    )
    for row, tile in enumerate(chosen):
        shown = [images[tile], masks[tile] / 255, *(roads[row] for roads in found.values())]
        for panel, name, values in zip(panels[row], columns, shown, strict=True):
            panel.imshow(values, cmap="gray", vmin=0, vmax=1)
            panel.set_axis_off()
            if row == 0:
                panel.set_title(name, loc="center", fontsize=11)
    figure.subplots_adjust(0.005, 0.005, 0.995, 0.95, 0.03, 0.03)
    save_small(figure, picture, 80)


def draw_map(folder: Path, picture: Path) -> None:
    """Draw a part of the large picture, and the roads that were found, missed and made up."""
    edge = 320
    image = read_picture(folder / "data/map.ppm")[:edge, :edge]
    truth = read_picture(folder / "data/map.pgm")[:edge, :edge] > 127
    roads = read_picture(folder / "map_blend.pgm")[:edge, :edge] > 127
    shown = np.repeat((70 + 0.62 * image.mean(axis=2))[..., None], 3, axis=2)
    for where, colour in (
        (roads & truth, FOUND),
        (~roads & truth, MISSED),
        (roads & ~truth, WRONG),
    ):
        shown[where] = colour
    figure, panels = plt.subplots(1, 2, figsize=(9, 4.85))
    panels[0].imshow(image)
    panels[1].imshow(shown.astype(np.uint8))
    for panel in panels:
        panel.set_axis_off()
    for colour, name in ((FOUND, "found"), (MISSED, "missed"), (WRONG, "no road")):
        panels[1].plot([], [], "s", color=np.array(colour) / 255, ms=9, label=name)
    panels[1].legend(ncols=3, loc="upper center", bbox_to_anchor=(0.5, 1.09), fontsize=10)
    figure.subplots_adjust(0.004, 0.004, 0.996, 0.925, 0.012, 0)
    save_small(figure, picture, 85)


def save_small(figure: Any, picture: Path, dpi: int) -> None:
    """Write a picture of photographs with 80 colours."""
    from PIL import Image

    figure.savefig(picture, dpi=dpi)
    plt.close(figure)
    Image.open(picture).convert("RGB").quantize(80, dither=Image.Dither.NONE).save(
        picture, optimize=True
    )


def main() -> None:
    """Draw all pictures."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path, nargs="?")
    options = parser.parse_args()
    pictures = options.pictures or options.folder
    with plt.rc_context(STYLE):
        draw_measures(options.folder, pictures / "measures.png")
        draw_masks(options.folder, pictures / "masks.png")
        draw_map(options.folder, pictures / "map.png")


if __name__ == "__main__":
    main()
