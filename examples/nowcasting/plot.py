"""Draw forecasts and their errors.

    plot.py FOLDER PICTURES

FOLDER is the output of run.sh. PICTURES gets digits.png, radar.png and errors.png.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

mpl.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from frames import read_forecasts, read_frames

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import SubFigure

# Of Okabe and Ito, who chose them for all eyes.
NETWORKS = {
    "fc": ("LSTM, two layers", "#D55E00"),
    "conv1": ("ConvLSTM, one layer", "#56B4E9"),
    "conv2": ("ConvLSTM, two layers", "#0072B2"),
    "conv3": ("ConvLSTM, three layers", "#000000"),
}
STILL = "#999999"
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


def read_table(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a CSV file."""
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def draw_strips(
    figure: SubFigure, folder: Path, test: str, sequence: int, names: list[str], colors: str
) -> None:
    """Draw what was known, what came, and what each network said, frame by frame."""
    truth = read_frames(folder / f"{test}.frames")[sequence]
    said = {name: read_forecasts(folder / f"{name}.{test}")[sequence] for name in names}
    leads = len(next(iter(said.values())))
    past = len(truth) - leads
    rows = {"known": truth[past - leads : past], "what came": truth[past:]}
    rows |= {NETWORKS[name][0].replace(", ", "\n"): images for name, images in said.items()}
    axes = figure.subplots(len(rows), leads, gridspec_kw={"wspace": 0.06, "hspace": 0.06})
    for k, (line, (label, images)) in enumerate(zip(axes, rows.items(), strict=True)):
        for i, (place, image) in enumerate(zip(line, images, strict=True)):
            place.imshow(image, vmin=0, vmax=1, cmap=colors)
            place.set(xticks=[], yticks=[])
            place.spines[:].set(visible=True, color="#bbbbbb")
            if k == 0:
                place.set_title(f"{i - leads + 1}", fontsize=9, fontweight="normal", loc="center")
            if k == len(rows) - 1:
                place.set_xlabel(f"+{i + 1}", fontsize=9)
        line[0].set_ylabel(label, rotation=0, ha="right", va="center", fontsize=9)


def draw_pictures(folder: Path, path: Path, sets: dict[str, str], names: list[str]) -> None:
    """Draw strips for one or two sets of sequences side by side."""
    figure = plt.figure(figsize=(6.2 * len(sets), 0.83 * (len(names) + 2) + 0.5))
    for part, (test, title) in zip(
        np.atleast_1d(figure.subfigures(1, len(sets))), sets.items(), strict=True
    ):
        top = 1 - 0.5 / (0.83 * (len(names) + 2) + 0.5)
        part.subplots_adjust(left=0.2, right=0.99, top=top, bottom=0.07)
        part.suptitle(title, fontsize=11, fontweight="bold", x=0.02, y=0.99, ha="left")
        draw_strips(part, folder, test, 2, names, "gray_r" if "digits" in title else "Blues")
    figure.savefig(path, dpi=90)
    plt.close(figure)


def draw_errors(axes: Axes, folder: Path, test: str, names: list[str]) -> None:
    """Draw the error of each frame ahead."""
    for name in names:
        table = read_table(folder / f"{name}.{test}.csv")
        label, color = NETWORKS[name]
        axes.plot(table["lead"], table["mse"], color=color, marker="o", ms=3.5, label=label)
    axes.plot(table["lead"], table["still_mse"], color=STILL, ls="--", label="the last known frame")
    axes.set_xlabel("frames ahead")
    axes.set_ylim(0)
    axes.set_xticks(table["lead"])


def draw_lessons(axes: Axes, folder: Path) -> None:
    """Draw the errors of one network after each of its two lessons."""
    _, color = NETWORKS["conv2"]
    for table, style, label in (
        ("conv2_1", ":", "true frames only"),
        ("conv2", "-", "then its own"),
    ):
        errors = read_table(folder / f"{table}.test.csv")
        axes.plot(errors["lead"], errors["mse"], color=color, ls=style, marker="o", ms=3.5)
        axes.annotate(
            label, (errors["lead"][-1], errors["mse"][-1]), xytext=(0, 7),
            textcoords="offset points", ha="right", color=color,
        )  # fmt: skip
    axes.set_xlabel("frames ahead")
    axes.set_xticks(errors["lead"])


def main() -> None:
    """Draw what is there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("pictures", type=Path)
    options = parser.parse_args()
    digits, radar = options.folder / "digits", options.folder / "radar"
    names = [name for name in NETWORKS if (digits / f"{name}.test.csv").exists()]
    with plt.rc_context(STYLE):
        sets = {"test": "Two digits, as in training", "three": "Three digits, never seen"}
        draw_pictures(digits, options.pictures / "digits.png", sets, names)
        if (radar / "conv1.test").exists():
            draw_pictures(radar, options.pictures / "radar.png", {"test": "Rain"}, ["conv1"])
        figure, axes = plt.subplots(1, 3, figsize=(12, 4.4), layout="constrained", sharey=True)
        draw_errors(axes[0], digits, "test", names)
        axes[0].set_title("Two digits")
        axes[0].set_ylabel("mean squared error (pixels 0 to 255)")
        draw_errors(axes[1], digits, "three", names)
        axes[1].set_title("Three digits, never seen")
        draw_lessons(axes[2], digits)
        axes[2].set_title("What the second lesson brings")
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=len(labels))
        figure.savefig(options.pictures / "errors.png", dpi=100)


if __name__ == "__main__":
    main()
