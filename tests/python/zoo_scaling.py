"""Normalisation beyond batch and layer statistics, and masking."""
