"""Which environment an rl_games YAML means: its env_name and env_config as a Gymnasium id with wrappers.

A table of rl_games' own names, those of 1.6.5 and of HEAD. Makes no environment and imports none.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from cfg.errors import ConfigError, did_you_mean
from cfg.stock.ids import UNRUNNABLE, brax_successor, dm_control_id, is_atari_of_envpool, living_id
from cfg.stock.images import atari, car_racing, minigrid
from cfg.stock.world import World

Config = dict[str, Any]
Maker = Callable[[Config], World]
"""From an env_config, of which it takes out what it reads; what it leaves, no code reads."""


def world_of(env_name: Any, env_config: Mapping[str, Any]) -> World:
    """The environment of `params.config.env_name` with `params.config.env_config`.

    Raises:
        ConfigError: for a name that rl_games does not know, or an environment that cannot run here.
    """
    name = str(env_name)
    if name in UNRUNNABLE:
        raise ConfigError(f"env_name={name} {UNRUNNABLE[name]}", _NAME_ANOTHER)
    config = {key: value for key, value in env_config.items() if key != "seed"}
    world = WORLDS[name](config) if name in WORLDS else living_id(name)
    if name not in WORLDS and world.env == name:
        raise ConfigError(f"env_name={name} is not a name of rl_games'", did_you_mean(name, WORLDS))
    return replace(world, unread=tuple(f"env_config.{key}" for key in config))


_NAME_ANOTHER = "name another environment with env=, e.g. env=Ant-v5"


def _fixed(name: str) -> Maker:
    """A name of which rl_games reads no env_config."""
    return lambda _config: living_id(name)


def _masked_cart_pole(_config: Config) -> World:
    mask = {"entry_point": "tasks.wrappers:MaskObservation", "kwargs": {"keep": [0, 2]}}
    return World("CartPole-v1", wrappers=(mask,))


def _limited(name: str) -> Maker:
    def make(config: Config) -> World:
        limit = config.pop("steps_limit", None)
        return replace(living_id(name), env_kwargs=_rest(config), max_episode_steps=limit)

    return make


_FLATTENED: Config = {"entry_point": "gymnasium.wrappers:FlattenObservation", "kwargs": {}}


def _stacked(config: Config) -> tuple[Config, ...]:
    """The wrapper of rl_games' key `frames`, which shows the last so many observations."""
    frames = int(config.pop("frames", 1))
    wrapper = {"entry_point": "gymnasium.wrappers:FrameStackObservation", "kwargs": {"stack_size": frames}}
    return (wrapper,) if frames > 1 else ()


def _gymnasium(key: str) -> Maker:
    """An id under `key`; everything else goes to the environment itself."""

    def make(config: Config) -> World:
        if config.pop("procgen", False):
            raise ConfigError(f"env_config.procgen=True {UNRUNNABLE['procgen']}", _NAME_ANOTHER)
        world = living_id(_taken(config, key))
        flattened = (_FLATTENED,) if config.pop("flatten_obs", False) else ()
        wrappers = (*flattened, *_stacked(config))
        for unread in ("limit_steps", "use_async"):
            config.pop(unread, None)
        return replace(world, env_kwargs={**world.env_kwargs, **_rest(config)}, wrappers=wrappers)

    return make


def _goal(config: Config) -> World:
    world = _gymnasium("name")(config)
    seen = {"filter_keys": ["observation", "desired_goal"]}
    wrappers = (
        {"entry_point": "gymnasium.wrappers:FilterObservation", "kwargs": seen},
        _FLATTENED,
        *world.wrappers,
    )
    return replace(world, wrappers=wrappers)


def _atari_gym(config: Config) -> World:
    name = _taken(config, "name", "env_name")
    if config.pop("wrap_impala", False):
        raise ConfigError(f"env_config.wrap_impala=True {_LAST_ACTION}", "leave the key out")
    config.pop("use_async", None)
    inner = config.pop("frameskip", 1 if "NoFrameskip" in name else 4)
    world = atari(
        name,
        skip=config.pop("skip", 4),
        life_loss=config.pop("episode_life", True),
        sticky=config.pop("repeat_action_probability", 0.25 if name.startswith("ALE/") else 0.0),
        inner=inner,
    )
    notes = () if name == world.env else (f"{name} runs as {world.env}, set to the same frame skip",)
    return replace(world, notes=(*notes, *world.notes), env_kwargs={**world.env_kwargs, **_rest(config)})


_LAST_ACTION = "puts the last action and reward into the observation, which is not built"


def _fixed_atari(name: str) -> Maker:
    """rl_games turns the older names into the newer games without skip and sticky actions."""
    is_new = name.endswith("-v5")
    sticky = 0.25 if is_new else 0.0
    return lambda _config: atari(name, skip=4, life_loss=True, sticky=sticky, inner=4 if is_new else 1)


def _envpool(config: Config) -> World:
    name = _taken(config, "env_name")
    if config.pop("use_dict_obs_space", False):
        raise ConfigError(f"env_config.use_dict_obs_space=True {_LAST_ACTION}", "leave the key out")
    flatten, _has_lives = config.pop("flatten_obs", False), config.pop("has_lives", False)
    world = _by_its_looks(name, life_loss=config.pop("episodic_life", False))
    wrappers = world.wrappers
    if flatten:
        wrappers = (*wrappers, _FLATTENED)
    note = f"envpool's {name} runs as Gymnasium's {world.env}"
    return replace(
        world, wrappers=wrappers, notes=(note, *world.notes), env_kwargs={**world.env_kwargs, **_rest(config)}
    )


def _by_its_looks(name: str, life_loss: bool) -> World:
    """An id of envpool's: a game, a task of dm_control, or one of Gymnasium's own."""
    if dm_control := dm_control_id(name):
        return World(dm_control)
    if is_atari_of_envpool(name):
        return atari(name, skip=4, life_loss=life_loss, sticky=0.0, inner=1)
    return living_id(name)


def _dm_control(config: Config) -> World:
    name = _taken(config, "name")
    env = dm_control_id(name)
    if env is None:
        raise ConfigError(f"env_config.name={name} is no task of dm_control's", _NAME_ANOTHER)
    wrappers = (_FLATTENED, *_stacked(config))
    notes = [f"dm2gym's {name} runs as {env}"]
    if own := _rest(config):
        notes.append(
            f"env_config.{', env_config.'.join(own)} went to dm_control itself, and has no effect here"
        )
    return World(env, wrappers=wrappers, notes=tuple(notes))


def _brax(config: Config) -> World:
    name = _taken(config, "env_name")
    env = brax_successor(name)
    if env is None:
        raise ConfigError(f"env_config.env_name={name} of brax has no successor in Gymnasium", _NAME_ANOTHER)
    note = f"brax's {name} runs as MuJoCo's {env}: another simulator, with other observations"
    return World(env, notes=(note,))


def _cule(config: Config) -> World:
    name, _has_lives = _taken(config, "env_name"), config.pop("has_lives", False)
    game = name.title().replace("_", "")
    world = atari(f"{game}-v5", skip=4, life_loss=config.pop("episodic_life", False), sticky=0.0, inner=1)
    return replace(world, notes=(f"cule's {name} runs as {world.env}, on the CPU", *world.notes))


def _rest(config: Config) -> Config:
    """What is left, taken out: rl_games hands it to the environment."""
    rest = dict(config)
    config.clear()
    return rest


def _taken(config: Config, *keys: str) -> str:
    """The text under the first key there is, taken out together with the others."""
    found = [config.pop(key) for key in keys if key in config]
    if not found or not isinstance(found[0], str):
        raise ConfigError(f"params.config.env_config.{keys[0]} is missing", "name the environment there")
    return found[0]


_GYMNASIUM_IDS = (
    *("CartPole-v1", "MountainCarContinuous-v0", "MountainCar-v0", "Acrobot-v1"),
    *("Pendulum-v0", "Pendulum-v1", "LunarLander-v2", "LunarLander-v3"),
    *("LunarLanderContinuous-v2", "LunarLanderContinuous-v3", "BipedalWalkerHardcore-v3"),
)
_GAMES = ("Pong", "Breakout", "MsPacman")

WORLDS: dict[str, Maker] = {
    **{name: _fixed(name) for name in _GYMNASIUM_IDS},
    **{f"{game}NoFrameskip-v4": _fixed_atari(f"{game}NoFrameskip-v4") for game in _GAMES},
    **{f"{game}-v5": _fixed_atari(f"{game}-v5") for game in _GAMES},
    **{name: car_racing for name in ("CarRacing-v0", "CarRacing-v2", "CarRacing-v3")},
    "BipedalWalker-v3": _limited("BipedalWalker-v3"),
    "CartPoleMaskedVelocity-v1": _masked_cart_pole,
    "openai_gym": _gymnasium("name"),
    "ray": _gymnasium("name"),
    "gymnasium": _gymnasium("env_name"),
    "openai_robot_gym": _goal,
    "atari_gym": _atari_gym,
    "atari_gymnasium": _atari_gym,
    "envpool": _envpool,
    "dm_control": _dm_control,
    "brax": _brax,
    "cule": _cule,
    "minigrid_env": minigrid,
}
"""rl_games' names of environments that can run here; `ids.UNRUNNABLE` has the others."""
