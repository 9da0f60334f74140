"""Ids of environments then and now: successors of retired ones, other libraries' names, dead ends."""

import re

from cfg.errors import ConfigError
from cfg.stock.world import World

RETIRED_BELOW = {
    "Acrobot": (1, 1),
    "Pendulum": (1, 1),
    "LunarLander": (3, 3),
    "LunarLanderContinuous": (3, 3),
    "BipedalWalker": (3, 3),
    "BipedalWalkerHardcore": (3, 3),
    "CarRacing": (3, 3),
    "Pusher": (5, 5),
    **dict.fromkeys(("Ant", "HalfCheetah", "Hopper", "Humanoid", "HumanoidStandup"), (4, 5)),
    **dict.fromkeys(("InvertedDoublePendulum", "InvertedPendulum", "Reacher", "Swimmer", "Walker2d"), (4, 5)),
}
"""Gymnasium's environments: the oldest version that runs, and the newest, which succeeds those before it."""

UNRUNNABLE = {
    **dict.fromkeys(("smac", "smac_v2", "smac_cnn"), "is StarCraft II with many agents, which is not built"),
    "multiwalker_env": "has many agents, which is not built",
    "connect4_env": "is learned by self-play, which is not built",
    "slime_gym": "needs slimevolleygym, which has no version for Gymnasium",
    "test_env": "is rl_games' own test environment, which fails on Gymnasium's reset(seed)",
    "procgen": "needs procgen, which has no version for Gymnasium",
    "maniskill": "needs ManiSkill's simulator, which is not built",
    "myo_gym": "needs myosuite, whose environments are not Gymnasium's",
    "diambra": "needs DIAMBRA's arena, which is not built",
    "pufferlib": "needs PufferLib, which is not built",
    "ReacherPyBulletEnv-v0": "needs PyBullet's gym, which has no version for Gymnasium",
    "QuadruppedWalk-v1": "needs a package that was never published",
    **dict.fromkeys(
        ("RoboschoolAnt-v1", "RoboschoolHalfCheetah-v1", "RoboschoolHumanoid-v1"),
        "needs Roboschool, which is no longer maintained",
    ),
    "RoboschoolHumanoidFlagrun-v1": "needs Roboschool, which is no longer maintained",
    **dict.fromkeys(
        ("SuperMarioBros-v1", "SuperMarioBrosRandomStages-v1", "SuperMarioBrosRandomStage1-v1"),
        "needs gym-super-mario-bros, which has no version for Gymnasium",
    ),
    **dict.fromkeys(("FlexAnt", "FlexHumanoid", "FlexHumanoidHard"), "needs NVIDIA Flex, which was dropped"),
}
"""rl_games' names of environments that nothing here can run, each with the reason."""

OWN_TESTS = re.compile(r"Test\w*Env-v\d+")
"""rl_games registers these with Gymnasium for its own tests."""


def living_id(env_id: str) -> World:
    """The environment of a Gymnasium id, or of its successor where it is retired.

    Raises ConfigError for an id that names a module to import, or one of rl_games' own tests.
    """
    if ":" in env_id:
        raise ConfigError(
            f"{env_id} names a module to import, which no file may", f"write env={env_id} on the command line"
        )
    if OWN_TESTS.fullmatch(env_id):
        raise ConfigError(f"{env_id} {UNRUNNABLE['test_env']}", "name another environment with env=")
    name, _, version = env_id.rpartition("-v")
    oldest, newest = RETIRED_BELOW.get(name, (0, 0))
    if version.isdigit() and int(version) < oldest:
        successor = f"{name}-v{newest}"
        return World(successor, notes=(f"{env_id} is retired: {successor} takes its place",))
    return World(env_id)


def atari_game(env_id: str) -> str | None:
    """Gymnasium's newest id of an Atari game; None where `env_id` is none by its looks."""
    found = re.fullmatch(r"(?:ALE/)?([A-Za-z]+?)(?:NoFrameskip|Deterministic)?-v[045]", env_id)
    return f"ALE/{found[1]}-v5" if found else None


_OTHERS = ("CartPole", "MountainCar", "MountainCarContinuous", "FrozenLake", "Taxi", "Blackjack")


def is_atari_of_envpool(env_id: str) -> bool:
    """Whether envpool calls an Atari game so: it gives games version 5, and no prefix."""
    name, _, version = env_id.rpartition("-v")
    return version == "5" and name.isalnum() and name not in (*RETIRED_BELOW, *_OTHERS)


_DOMAINS = (
    *("acrobot", "ball_in_cup", "cartpole", "cheetah", "dog", "finger", "fish", "hopper", "humanoid"),
    *("lqr", "manipulator", "pendulum", "point_mass", "quadruped", "reacher", "stacker", "swimmer", "walker"),
)


def dm_control_id(name: str) -> str | None:
    """Gymnasium's id of a dm_control task by its name in envpool or dm2gym, e.g. BallInCupCatch-v1.

    None where it is no such name: a domain and a task, each in capitals.
    """
    base = name.rpartition("-v")[0]
    if base in RETIRED_BELOW:  # HumanoidStandup is MuJoCo's
        return None
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", base).lower()
    domain = next((each for each in _DOMAINS if snake.startswith(f"{each}_")), None)
    return f"dm_control/{domain}-{snake.removeprefix(f'{domain}_')}-v0" if domain else None


_BRAX = {
    "ant": "Ant-v5",
    "halfcheetah": "HalfCheetah-v5",
    "hopper": "Hopper-v5",
    "humanoid": "Humanoid-v5",
    "inverted_double_pendulum": "InvertedDoublePendulum-v5",
    "inverted_pendulum": "InvertedPendulum-v5",
    "pusher": "Pusher-v5",
    "reacher": "Reacher-v5",
    "swimmer": "Swimmer-v5",
    "walker2d": "Walker2d-v5",
}


def brax_successor(name: str) -> str | None:
    """MuJoCo's environment of the same name as brax's; None where there is none."""
    return _BRAX.get(name)
