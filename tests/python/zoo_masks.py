"""Masks on their way through a model."""
