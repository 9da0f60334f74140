"""rl_games' keys that rlgx does not take below `train.params.config`, each with what to write instead.

They are refused here, so that no key a YAML carries is ever ignored in silence. A value that changes nothing
(null, False, empty, or the one given here as harmless) is dropped.
"""

from collections.abc import Mapping
from typing import Any

from cfg.errors import ConfigError

_EXPERIMENT = "write experiment=NAME, the first part of the run directory's name"
_RUNS = "leave it out: runs are kept in ./runs of the directory you start from"
_TASK = "leave it out: task= and env= name the environment"
_DEVICE = "write rl_device= or device="
_SETS_ITSELF = "leave it out: rlgx sets it"
_LATER = "leave it out: it is not built yet"
_UNCOMPILED = "leave it out: networks run uncompiled, for the reasons in docs/networks.md"

SET_ELSEWHERE = {
    "name": _EXPERIMENT,
    "full_experiment_name": _EXPERIMENT,
    "train_dir": _RUNS,
    "network_path": _RUNS,
    "log_path": _RUNS,
    "env_name": _TASK,
    "env_info": _TASK,
    "vec_env": "write vec_env= at the top level",
    "vecenv_type": "write vec_env= at the top level",
    "env_config": "write env_kwargs.key=value",
    "device": _DEVICE,
    "device_name": _DEVICE,
    "score_to_win": "write task.solve_at=SCORE: solved is judged by evaluation",
    "player": "write episodes=, deterministic=, headless= or seed= at the top level",
    "features": _SETS_ITSELF,
    "network": "write train.params.network, beside config",
    "is_train": _SETS_ITSELF,
    "print_stats": "leave it out: rlgx prints its own progress",
    "ppo": "leave it out: algo.name names the agent",
    "import_modules": "write imports=[module] on the command line",
    "algo_observer": "write observers=[name] on the command line",
    "stop_fn": "write max_iterations=, max_frames= or max_wall_s=",
    "capability_manifest": _SETS_ITSELF,
    "bptt_length": "write seq_length: no rl_games network reads bptt_length",
    "normalize_rms_advantage": "write normalize_advantage: rl_games 1.6.5 crashes on the other",
    "adv_rms_momentum": "leave it out: normalize_rms_advantage is not supported",
    "use_experimental_cv": "leave it out: with a central value the policy net learns no value of its own",
    "torch_compile": _UNCOMPILED,
    "lr_multiplier": "leave it out: the adaptive schedule goes by 1.5, as in rl_games 1.6.5",
}
TO_COME = (
    "multi_gpu",
    "multi_gpu_sync_stats",
    "multi_gpu_sync_stats_mode",
    "population_based_training",
    "pbt_idx",
    "self_play",
    "self_play_config",
    "use_diagnostics",
    "freeze_critic",
    "epochs_between_resets",
)
HOST_KEYS = {
    **SET_ELSEWHERE,
    **dict.fromkeys(TO_COME, _LATER),
}
# What changes nothing where that is not the empty value.
_HARMLESS = {"is_train": True, "print_stats": True, "ppo": True, "score_to_win": None}


def without_host_keys(settings: Mapping[str, Any], path: str) -> dict[str, Any]:
    """`settings` without rl_games' keys that change nothing.

    Raises ConfigError for one that would change something.
    """
    for key in HOST_KEYS.keys() & settings.keys():
        if not is_harmless(key, settings[key]):
            raise ConfigError(f"{path}.{key} has no place here", HOST_KEYS[key])
    return {key: value for key, value in settings.items() if key not in HOST_KEYS}


def is_harmless(key: str, value: Any) -> bool:
    """Whether a value under a key of rl_games' changes nothing."""
    return value in (None, _HARMLESS[key]) if key in _HARMLESS else not value
