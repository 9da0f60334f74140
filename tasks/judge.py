"""Says before anything starts whether an environment can be made, and if not how to mend it. Makes none."""

import importlib.util
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium as gym
from gymnasium.envs.registration import EnvSpec

from cfg.errors import ConfigError, did_you_mean
from tasks.factory import EnvFactory, WrapperRecipe
from tasks.lookup import load_attribute, load_creator, load_vector_creator
from tasks.namespaces import install_line
from tasks.registered import RegisteredEnv, single_creator
from tasks.simulators.recipe import SimulatorClass, load_simulator, read_options

Parameters = dict[str, inspect.Parameter]


def judge(factory: EnvFactory) -> None:
    """Imports what a factory names and checks its arguments; raises a `ConfigError` for the first fault."""
    if isinstance(factory.source, SimulatorClass):
        raise ConfigError(f"{factory.name} is a simulator, which steps all rows itself", "leave vec_env out")
    for module in factory.needs:
        if importlib.util.find_spec(module) is None:
            raise ConfigError(
                f"{factory.name} needs the package {module}, which is not installed",
                f"{install_line(module)}{', or use vec_env=native' if factory.native else ''}",
            )
    if factory.source is None:
        raise ConfigError(f"{factory.name} runs on its own engine alone", "use vec_env=native")
    if isinstance(factory.source, RegisteredEnv) and single_creator(factory.source) is None:
        return  # only its vector environment knows what it takes
    creator = load_creator(factory.source)
    if not callable(creator):
        raise ConfigError(
            f'entry_point="{factory.name}" is a {type(creator).__name__}',
            "name a gymnasium.Env class, or a function that makes one",
        )
    own_kwargs = factory.source.kwargs if isinstance(factory.source, EnvSpec) else {}
    _judge_kwargs(factory.name, "env_kwargs", creator, {**own_kwargs, **factory.kwargs})
    if factory.render_mode is not None:
        _judge_render_mode(factory.name, creator, factory.render_mode)
    for wrapper in factory.wrappers:
        _judge_wrapper(wrapper)


def judge_native(factory: EnvFactory) -> None:
    """Whether many can be run at once in a way of their own; raises a `ConfigError` that says why not."""
    creator = load_vector_creator(factory.source) if isinstance(factory.source, EnvSpec) else None
    if factory.native is None:
        raise ConfigError(
            f"vec_env=native: {factory.name} brings no vector environment of its own", "use vec_env=sync"
        )
    if factory.wrappers:
        remedy = "use its Gymnasium id" if factory.source is None else "use vec_env=sync"
        problem = f"vec_env=native: {factory.wrappers[0].entry_point} wraps single environments"
        raise ConfigError(problem, remedy)
    if isinstance(factory.source, EnvSpec) and creator is not None:
        own_kwargs = {**factory.source.kwargs, "num_envs": 1}
        _judge_kwargs(factory.name, "env_kwargs", creator, {**own_kwargs, **factory.kwargs})


def judge_simulator(factory: EnvFactory) -> None:
    """Whether a task's simulator is one, and knows what the YAML says of it; raises a `ConfigError`."""
    if not isinstance(factory.source, SimulatorClass):
        raise ConfigError(f"vec_env=simulator: {factory.name} is no simulator", "leave vec_env out")
    if factory.wrappers:
        raise ConfigError(
            f"vec_env=simulator: {factory.wrappers[0].entry_point} wraps single environments", "leave it out"
        )
    if factory.render_mode == "rgb_array":
        raise ConfigError(f"capture_video=True: the simulator {factory.name} draws nothing", "leave it out")
    read_options(load_simulator(factory.source), factory.kwargs)


def _judge_wrapper(wrapper: WrapperRecipe) -> None:
    name = f'wrapper "{wrapper.entry_point}"'
    wrap = load_attribute(wrapper.entry_point)
    if not callable(wrap):
        raise ConfigError(f"{name} is a {type(wrap).__name__}", "name a gymnasium.Wrapper class")
    if inspect.isclass(wrap) and not issubclass(wrap, gym.Wrapper):
        raise ConfigError(f"{name} is a class, and no gymnasium.Wrapper", "derive it from gymnasium.Wrapper")
    _judge_kwargs(wrapper.entry_point, "kwargs", wrap, {"env": None, **wrapper.kwargs})


def opens_window(factory: EnvFactory) -> bool:
    """Whether a single environment shows itself, as far as can be told without making it."""
    if factory.native is not None:
        return True  # an engine's rows are mirrored
    if isinstance(factory.source, SimulatorClass):
        return False
    if isinstance(factory.source, RegisteredEnv) and single_creator(factory.source) is None:
        return True
    assert factory.source is not None, factory.name  # only engines have none
    creator = load_creator(factory.source)
    # gymnasium.make shows the frames of an environment that only draws them.
    modes = ("human", "rgb_array") if isinstance(factory.source, EnvSpec) else ("human",)
    return any(_has_mode(creator, mode) for mode in modes)


def _judge_kwargs(name: str, key: str, creator: Callable[..., Any], kwargs: Mapping[str, Any]) -> None:
    parameters, is_open = _parameters(creator)
    unknown = [kwarg for kwarg in kwargs if kwarg not in parameters]
    if unknown and not is_open:
        choices = [parameter for parameter in parameters if parameter not in ("env", "render_mode")]
        raise ConfigError(
            f"{key}.{unknown[0]}={kwargs[unknown[0]]}: {name} has no such argument",
            did_you_mean(unknown[0], choices) if choices else "it takes none",
        )
    # A text is always true: `no` would be yes.
    for kwarg, value in kwargs.items():
        if isinstance(value, str) and kwarg in parameters and isinstance(parameters[kwarg].default, bool):
            raise ConfigError(f"{key}.{kwarg}={value}: {name} takes yes or no there", "give True or False")
    missing = [kwarg for kwarg, one in parameters.items() if one.default is one.empty and kwarg not in kwargs]
    if missing:
        raise ConfigError(f"{name} needs {key}.{missing[0]}", f"give it a value: {key}.{missing[0]}=...")


def _judge_render_mode(name: str, creator: Callable[..., Any], mode: str) -> None:
    if not _has_mode(creator, mode):
        known = ", ".join(str(one) for one in _modes(creator) or () if one != mode) or "none"
        raise ConfigError(
            f"capture_video=True: {name} has no render mode {mode} (it has: {known})",
            f"leave capture_video out, or give the environment that mode (render_mode={mode})",
        )


def _has_mode(creator: Callable[..., Any], mode: str) -> bool:
    parameters, is_open = _parameters(creator)
    modes = _modes(creator)
    return (modes is None or mode in modes) and (is_open or "render_mode" in parameters)


def _modes(creator: Callable[..., Any]) -> Sequence[str] | None:
    """How a class says in its metadata that it draws; None for a function, which says nothing: no fault."""
    metadata = getattr(creator, "metadata", None)
    return metadata.get("render_modes", ()) if isinstance(metadata, Mapping) else None


def _parameters(creator: Callable[..., Any]) -> tuple[Parameters, bool]:
    """Arguments a class or function takes by name, and whether it takes any others besides.

    A class with `**kwargs` passes them to its bases, so their arguments count until one takes no `**kwargs`.
    """
    constructors = _constructors(creator) if inspect.isclass(creator) else [creator]
    found: Parameters = {}
    for depth, constructor in enumerate(constructors):
        try:
            parameters = inspect.signature(constructor).parameters.values()
        except ValueError:  # compiled code says nothing of its arguments
            return found, True
        for one in parameters:
            if one.kind in (one.POSITIONAL_OR_KEYWORD, one.KEYWORD_ONLY) and one.name != "self":
                # What a base needs, the class above it may give: only the outermost can lack an argument.
                found.setdefault(one.name, one.replace(default=None) if depth else one)
        if not any(one.kind is one.VAR_KEYWORD for one in parameters):
            return found, False
    return found, True


def _constructors(creator: type) -> list[Callable[..., Any]]:
    return [
        vars(base)["__init__"] for base in creator.__mro__ if "__init__" in vars(base) and base is not object
    ]
