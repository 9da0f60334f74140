"""Lives of a game: what the learner takes for an episode's end, and how play starts. Pools no frames."""

from typing import Any

import gymnasium as gym


class FireReset(gym.Wrapper[Any, Any, Any, Any]):
    """Presses FIRE for the first frame of a game, as ale-py's vector environment does."""

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """A new game, one frame old where the game has FIRE."""
        first = super().reset(seed=seed, options=options)
        fire = find_fire(self.env)
        if fire is None:
            return first
        obs, _, _, _, info = self.env.step(fire)
        return obs, info


class Lives(gym.Wrapper[Any, Any, Any, Any]):
    """Ends an episode at a lost life without ending the game, and starts the next life with FIRE.

    Args:
        env: an Atari game, preprocessed or not.
        ends_episode: whether a lost life ends the episode.
        presses_fire: whether the first action of a new life is FIRE, where the game has it.
    """

    def __init__(self, env: gym.Env[Any, Any], ends_episode: bool, presses_fire: bool) -> None:
        super().__init__(env)
        self._fire = find_fire(env) if presses_fire else None
        self._ends_episode = ends_episode
        self._goes_on = False  # the game, though the episode has ended
        self._is_new_life = False
        self._lives = 0
        self._latest: Any = None

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """A new game, or after the end of a life the next one of the game that goes on."""
        goes_on, self._goes_on = self._goes_on, False
        if goes_on and seed is None:
            return self._latest, {}
        self._latest, info = super().reset(seed=seed, options=options)
        self._is_new_life = False
        self._lives = self._count()
        return self._latest, info

    def step(self, action: Any) -> Any:
        """Steps the game; the action gives way to FIRE at the start of a life."""
        if self._is_new_life and self._fire is not None:
            action = self._fire
        self._latest, reward, terminated, truncated, info = super().step(action)
        lives = self._count()
        # Some games stay at 0 lives for a while before they are over: only that is their end.
        self._is_new_life = 0 < lives < self._lives and not (terminated or truncated)
        self._lives = lives
        self._goes_on = self._is_new_life and self._ends_episode
        return self._latest, reward, terminated or self._goes_on, truncated, info

    def _count(self) -> int:
        return int(self.env.get_wrapper_attr("ale").lives())


def find_fire(env: gym.Env[Any, Any]) -> int | None:
    """Which action is FIRE; None in a game without it."""
    meanings: list[str] = env.get_wrapper_attr("get_action_meanings")()
    return meanings.index("FIRE") if "FIRE" in meanings else None
