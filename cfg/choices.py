"""The names a key may take, with a half-line each. A table that nothing needs to be imported for."""

# Each names the SPEC (`cfg.spec.Algorithm`) of a folder.
ALGORITHMS = {"ppo": "algos.ppo:SPEC", "sac": "algos.sac:SPEC"}

VEC_ENVS = {
    "sync": "N separate environments, one after the other, in this process",
    "process": "worker processes of this machine, each with some of the environments (num_workers=W)",
    "ray": "Ray actors, here or on a cluster (ray.address=A), each with some of them (num_workers=W)",
    "native": "the vector environment that an engine or a Gymnasium id brings itself, e.g. of ale:pong",
    "rl_games": "the vector environment that a module of imports= registered with rl_games, where it did",
    "simulator": "a task's simulator: all environments as tensors on one device (docs/simulators.md)",
}
WITHOUT_WORKERS = ("sync", "rl_games", "simulator")
ONE_ENGINE = ("native", "rl_games", "simulator")  # all environments at once, so that none is made anew alone
VEC_ENVS_TO_COME = ("isaaclab",)
ENGINE_VEC_ENVS = {"ale": "native", "envpool": "native"}

MODES = ("train", "play", "eval")
POLICIES = ("checkpoint", "random", "zero")


def default_vec_env(env_id: str) -> str:
    """Who runs an environment where nobody says: an engine its own ids, this process all others."""
    return ENGINE_VEC_ENVS.get(env_id.partition(":")[0], "sync")
