"""A wrapper that shows a vector as a Dict, for tests of Dict observations."""

import gymnasium as gym
from gymnasium import spaces


class SplitVector(gym.ObservationWrapper):
    """Shows a vector as a Dict of its first half and its second."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        low, high = env.observation_space.low, env.observation_space.high
        self.half = len(low) // 2
        parts = {"first": slice(None, self.half), "second": slice(self.half, None)}
        self.observation_space = spaces.Dict(
            {key: spaces.Box(low[part], high[part]) for key, part in parts.items()}
        )

    def observation(self, observation):
        return {"first": observation[: self.half], "second": observation[self.half :]}
