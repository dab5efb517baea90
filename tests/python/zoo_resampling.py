"""Upsampling, resizing, padding, cropping and image augmentation."""
