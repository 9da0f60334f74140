"""Environments and wrappers of others, and how what they hold is read and written. Loads none of them.

Each is exact: a test plays on from a state and compares every bit.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np


class NotRestorable(Exception):
    """Why an environment cannot go on from where it was."""


class Known(NamedTuple):
    """How to read and to write what a layer holds, as plain data."""

    read: Callable[[Any], Any]
    write: Callable[[Any, Any], None]


def attributes(*names: str) -> Known:
    """A layer that is nothing more than some attributes, which may be dotted."""

    def write(layer: Any, values: Mapping[str, Any]) -> None:
        for name in names:
            *owners, last = name.split(".")
            setattr(reduce(getattr, owners, layer), last, values[name])

    return Known(lambda layer: {name: attrgetter(name)(layer) for name in names}, write)


def _skip_checks(checker: Any, _: Any) -> None:
    """It has checked once; of an episode that goes on, it lacks the beginning."""
    checker.checked_reset = checker.checked_step = checker.checked_data_reuse = True


def _read_queue(layer: Any) -> Any:
    return list(layer.obs_queue)


def _write_queue(layer: Any, values: Any) -> None:
    layer.obs_queue.clear()
    layer.obs_queue.extend(values)


def _read_lake(lake: Any) -> Any:
    return {"s": lake.s, "lastaction": lake.lastaction, "desc": lake.desc}


def _write_lake(lake: Any, values: Any) -> None:
    """Where no map is named, each lake draws one of its own."""
    if not np.array_equal(lake.desc, values["desc"]):
        raise ValueError("its map is another one")
    lake.s, lake.lastaction = values["s"], values["lastaction"]


_INEXACT_GAMES = ("yars_revenge",)
"""Of 62 games the one whose next pictures differ after ALE has put its state back."""


def _read_ale(game: Any) -> Any:
    if game.ale.getFloat("repeat_action_probability") > 0.0:
        raise NotRestorable("ALE does not tell which action is sticking (repeat_action_probability)")
    if game._game in _INEXACT_GAMES:
        raise NotRestorable(f"ALE does not give all of the state of {game._game}")
    state: bytes = game.ale.cloneState(include_rng=True).serialize()
    return state


def _write_ale(game: Any, values: Any) -> None:
    from ale_py import Action, ALEState

    # Qbert goes on otherwise where no frame has been played since its ROM was loaded.
    game.ale.reset_game()
    game.ale.act(Action.NOOP)
    game.ale.restoreState(ALEState(values))


_POSES = ("xpos", "xquat", "xmat", "xipos", "ximat", "geom_xpos", "geom_xmat", "site_xpos", "site_xmat")
"""Of the step before: what MuJoCo works out anew in a step, and environments read before they step."""
_GOALS = ("goal", "goal_pos", "cylinder_pos")


def _read_mujoco(env: Any) -> Any:
    import mujoco

    kind = mujoco.mjtState.mjSTATE_INTEGRATION
    state = np.empty(mujoco.mj_stateSize(env.model, kind), np.float64)
    mujoco.mj_getState(env.model, env.data, state, kind)
    return {
        "state": state,
        "poses": {name: getattr(env.data, name) for name in _POSES},
        "goals": {name: vars(env)[name] for name in _GOALS if name in vars(env)},
    }


def _write_mujoco(env: Any, values: Any) -> None:
    import mujoco

    mujoco.mj_setState(env.model, env.data, values["state"], mujoco.mjtState.mjSTATE_INTEGRATION)
    for name, pose in values["poses"].items():
        getattr(env.data, name)[...] = pose
    vars(env).update(values["goals"])


NOTHING = attributes()
_ALE = Known(_read_ale, _write_ale)
_MUJOCO = Known(_read_mujoco, _write_mujoco)
_CLASSIC = "gymnasium.envs.classic_control"
_TOY = "gymnasium.envs.toy_text"
_WRAPPERS = "gymnasium.wrappers"

KNOWN: dict[str, Known] = {
    f"{_CLASSIC}.cartpole:CartPoleEnv": attributes("state", "steps_beyond_terminated"),
    f"{_CLASSIC}.acrobot:AcrobotEnv": attributes("state"),
    f"{_CLASSIC}.mountain_car:MountainCarEnv": attributes("state"),
    f"{_CLASSIC}.continuous_mountain_car:Continuous_MountainCarEnv": attributes("state"),
    f"{_CLASSIC}.pendulum:PendulumEnv": attributes("state", "last_u"),
    f"{_TOY}.blackjack:BlackjackEnv": attributes("dealer", "player"),
    f"{_TOY}.cliffwalking:CliffWalkingEnv": attributes("s", "lastaction"),
    f"{_TOY}.frozen_lake:FrozenLakeEnv": Known(_read_lake, _write_lake),
    f"{_TOY}.taxi:TaxiEnv": attributes("s", "lastaction", "fickle_step", "taxi_orientation"),
    "ale_py.env:AtariEnv": _ALE,
    f"{_WRAPPERS}.common:OrderEnforcing": attributes("_has_reset"),
    f"{_WRAPPERS}.common:PassiveEnvChecker": Known(lambda checker: None, _skip_checks),
    f"{_WRAPPERS}.common:TimeLimit": attributes("_elapsed_steps"),
    f"{_WRAPPERS}.atari_preprocessing:AtariPreprocessing": attributes("obs_buffer", "lives", "game_over"),
    f"{_WRAPPERS}.stateful_observation:FrameStackObservation": Known(_read_queue, _write_queue),
    f"{_WRAPPERS}.stateful_observation:TimeAwareObservation": attributes("timesteps"),
    f"{_WRAPPERS}.stateful_observation:NormalizeObservation": attributes(
        "obs_rms.mean", "obs_rms.var", "obs_rms.count"
    ),
    f"{_WRAPPERS}.stateful_reward:NormalizeReward": attributes(
        "return_rms.mean", "return_rms.var", "return_rms.count", "discounted_reward"
    ),
    "tasks.atari.lives:FireReset": NOTHING,
    "tasks.atari.lives:Lives": attributes("_goes_on", "_is_new_life", "_lives", "_latest"),
    "tasks.recorder:EpisodeRecorder": attributes("_return", "_has_stepped", "_finished"),
    "tasks.wrappers:HideVelocity": NOTHING,
    "tasks.wrappers:MaskObservation": NOTHING,
}
"""Layers by "module:class". A class derived from one of them may hold more, so it is not one of them."""

MODULES: dict[str, Known] = {
    **{f"{_WRAPPERS}.transform_{what}": NOTHING for what in ("observation", "action", "reward")},
    **{
        f"gymnasium.envs.mujoco.{robot}_v{version}": _MUJOCO
        for robot in (
            *("ant", "half_cheetah", "hopper", "humanoid", "humanoidstandup", "inverted_double_pendulum"),
            *("inverted_pendulum", "pusher", "reacher", "swimmer", "walker2d"),
        )
        for version in (4, 5)
    },
}
"""Modules all of whose classes are read and written in one way."""
