"""Upsampling, resizing, padding, cropping and image augmentation."""

from __future__ import annotations

from ..registry import LayerSpec

SPECS: tuple[LayerSpec, ...] = ()
