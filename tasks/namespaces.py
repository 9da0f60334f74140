"""Which package brings which environments, and how to install it. A table; imports nothing.

The commands name the packages themselves, not an extra of rlgx: that works from a clone as from a wheel.
"""

import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True)
class Package:
    """A package that registers environments when it is imported.

    Attributes:
        module: what to import.
        ids: regular expression for the beginnings of its ids, without a "module:" in front.
    """

    module: str
    ids: str


PACKAGES = (
    Package("ale_py", r"ALE/|.+(NoFrameskip|Deterministic|-ram|-ramNoFrameskip|-ramDeterministic)-v\d"),
    Package("minigrid", r"(MiniGrid|BabyAI)-"),
    Package("miniworld", r"MiniWorld-"),
    Package("shimmy", r"dm_control/|bsuite/"),
    Package(
        "highway_env",
        r"(highway|merge|roundabout|parking|intersection|racetrack|exit|u-turn|two-way|lane-keeping)-",
    ),
    Package("gymnasium_robotics", r"(Fetch|HandReach|HandManipulate|AdroitHand|PointMaze|AntMaze|Franka)"),
    Package("metaworld", r"Meta-World/"),
    Package("flappy_bird_gymnasium", r"FlappyBird-"),
)
"""Who registers what, for ids that Gymnasium does not know by itself."""

INSTALL = {
    "Box2D": 'pip install "gymnasium[box2d]"',
    "ale_py": "pip install ale-py",
    "cv2": "pip install opencv-python-headless",
    "envpool": "pip install envpool",
    "flappy_bird_gymnasium": "pip install flappy-bird-gymnasium",
    "gymnasium_robotics": 'pip install gymnasium-robotics "mujoco>=3.1,<4"',
    "highway_env": "pip install highway-env",
    "jax": "pip install jax",
    "metaworld": "pip install metaworld",
    "minigrid": "pip install minigrid",
    "miniworld": "pip install miniworld",
    "mujoco": 'pip install "mujoco>=3.1,<4" imageio',
    "mujoco_py": "use the newest version of the environment, such as Ant-v5, which needs mujoco alone",
    "pygame": 'pip install "gymnasium[classic-control]"',
    "shimmy": 'pip install "shimmy[dm-control]" "mujoco>=3.1,<4"',
}
"""How to get a module that is missing, by its import name."""


@dataclass(frozen=True)
class Conflict:
    """A version of another package that some environments of a package fail with.

    Attributes:
        package: the other one, by its distribution's name.
        since: first major version that does harm.
        remedy: what to install instead.
    """

    package: str
    since: int
    remedy: str


CONFLICTS = {
    # 1.4.2 asks for any MuJoCo, so pip brings 4, whose joint types do not equal numbers any more.
    "gymnasium_robotics": Conflict("mujoco", 4, 'pip install "mujoco>=3.1,<4"'),
}
"""What is known to break, by the import name of the package whose environments fail."""


def conflict_of(module: str) -> Conflict | None:
    """The known conflict of a module's package that this installation has; None where it has none."""
    conflict = CONFLICTS.get(module.partition(".")[0])
    if conflict is None:
        return None
    try:
        major = int(version(conflict.package).partition(".")[0])
    except (PackageNotFoundError, ValueError):
        return None
    return conflict if major >= conflict.since else None


def owner_of(env_id: str) -> str | None:
    """Module that registers an id, by its looks; None where Gymnasium itself would."""
    return next((package.module for package in PACKAGES if re.match(package.ids, env_id)), None)


def install_line(module: str) -> str:
    """How to get a missing module."""
    root = module.partition(".")[0]
    return INSTALL.get(root, f"pip install {root}")
