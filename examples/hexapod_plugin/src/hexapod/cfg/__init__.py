"""The YAML choices of this package, found by the entry point `rlgx.configs`."""
