"""What Gymnasium's Box2D environments need to be repeatable. Knows no task."""

from typing import Any

import gymnasium as gym


class NewWorld(gym.Wrapper[Any, Any, Any, Any]):
    """Begins each episode of a BipedalWalker in a new Box2D world, as LunarLander does by itself.

    In a world that has been played in, contacts are solved in another order, so that episodes of the same
    seed differ (gymnasium/envs/box2d/bipedal_walker.py, and its issue 728).
    """

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """A new episode; the old world goes with all its bodies."""
        walker: Any = self.env.unwrapped
        walker.terrain = []  # or the walker would look for its bodies in the new world, to remove them
        walker.world = type(walker.world)()
        return self.env.reset(seed=seed, options=options)
