"""Speeds of rlgx beside those of other projects. May import anything; nothing imports it."""
