"""Attention, and products over named axes."""
