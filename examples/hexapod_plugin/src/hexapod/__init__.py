"""A hexapod for rlgx: environment, network, vector environment, observer and an algorithm of its own."""
