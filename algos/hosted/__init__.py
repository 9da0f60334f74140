"""Algorithms that only a module of `imports=` knows, run by rl_games' own loop in a run directory of ours.

Such a module registers agent and player with rl_games' Runner (`setup_runner`). docs/plugins.md says what
they do without. Its SPEC is `cfg.spec.HOSTED`: it belongs to no name, but to every name that is left.
"""
