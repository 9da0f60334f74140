"""Atari games under one protocol, whoever runs them. Nothing but its name."""
