"""The names a key may take, with a half-line each. A table that nothing needs to be imported for."""

# Each names the SPEC (`cfg.spec.Algorithm`) of a folder.
ALGORITHMS = {"ppo": "algos.ppo:SPEC"}

VEC_ENVS = {
    "sync": "N separate environments, one after the other, in this process",
    "ray": "Ray actors on this machine, each with some of the environments (num_workers=W)",
    "rl_games": "the vector environment that a module of imports= registered with rl_games, where it did",
}
WITHOUT_WORKERS = ("sync", "rl_games")
VEC_ENVS_TO_COME = ("process", "native", "simulator", "isaaclab")
ALGORITHMS_TO_COME = ("SAC",)

MODES = ("train", "play", "eval")
POLICIES = ("checkpoint", "random", "zero")
