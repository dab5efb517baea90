"""Models of spectrograms."""

from __future__ import annotations

from typing import Any

from zoo_cases import KERAS3, layer


def _case(what: str, shape: tuple[int | None, ...], **options: Any) -> None:
    """Add a case of short frames; TensorFlow has channels first in real32 only."""
    options = {"frame_length": 6, "frame_step": 2, "fft_length": 8} | options
    layer(
        what,
        shape,
        lambda k: k.layers.STFTSpectrogram(name="stft", **options),
        KERAS3,
        single=options.get("data_format") == "channels_first",
    )


for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft"):
    _case(f"spectrogram, {mode}", (16, 2), mode=mode)
_case("spectrogram, same", (15, 2), mode="magnitude", padding="same", window="hamming")
_case("spectrogram with an axis of bins", (14, 3), mode="stft", expand_dims=True)
_case("spectrogram of odd frames", (17, 1), frame_length=5, frame_step=None, fft_length=None)
_case("spectrogram, scaled by the spectrum", (16, 1), scaling="spectrum", periodic=True)
_case("spectrogram of an own window", (16, 1), window=[0.5, 1.0, 2.0, 1.0, 0.5, 0.25])
_case("spectrogram of an odd transform", (16, 1), mode="psd", fft_length=7, scaling=None)
_case("spectrogram, channels first", (2, 16), mode="stft", data_format="channels_first")
_case(
    "spectrogram with an axis of bins, channels first",
    (2, 16),
    mode="magnitude",
    expand_dims=True,
    data_format="channels_first",
)
_case("spectrogram of open length", (None, 2), frame_length=2, frame_step=1, fft_length=4)
