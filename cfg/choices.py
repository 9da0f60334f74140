"""The names a key may take, with a half-line each. A table that nothing needs to be imported for."""

# Each names the SPEC (`cfg.spec.Algorithm`) of a folder.
ALGORITHMS = {"ppo": "algos.ppo:SPEC"}

VEC_ENVS = {
    "sync": "N separate environments, one after the other, in this process",
    "process": "worker processes of this machine, each with some of the environments (num_workers=W)",
    "ray": "Ray actors on this machine, each with some of the environments (num_workers=W)",
}
VEC_ENVS_TO_COME = ("native", "simulator", "isaaclab")
ALGORITHMS_TO_COME = ("SAC",)

MODES = ("train", "play", "eval")
POLICIES = ("checkpoint", "random", "zero")
