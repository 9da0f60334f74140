"""Worlds of many copies as tensors on one device. Importing it loads nothing."""
