"""How an Atari game is played and seen: the protocol's settings, judged. Plays nothing.

The names are those of ale-py's vector environment, where it has them.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from cfg.errors import ConfigError
from cfg.schema.fields import Count, Fraction, Frozen, Natural
from cfg.schema.render import config_error

ELSEWHERE = {
    "reward_clipping": "clip in the learner: train.params.config.reward_shaper.min_val and max_val",
    "episodic_life": "life_loss_info=True ends the learner's episode at a lost life and plays the game on",
    "num_threads": "write num_workers=N",
}
"""ale-py's own keys for what is said in another way here."""


class AtariProtocol(Frozen):
    """Mnih et al. 2015, without sticky actions unless asked for.

    Attributes:
        frameskip: frames that an action lasts; the last two are pooled by their maximum.
        img_height, img_width: of the grey picture, in pixels.
        stack_num: pictures in an observation.
        noop_max: a game starts after up to so many frames without action.
        use_fire_reset: FIRE starts a game, and every new life, where the game has it.
        life_loss_info: a lost life ends the learner's episode; the game goes on, and is what is reported.
        repeat_action_probability: sticky actions (Machado et al. 2018 use 0.25).
        full_action_space: all 18 actions instead of those that the game uses.
        max_num_frames_per_episode: a game is cut off after so many frames; 108,000 are 30 minutes.
    """

    frameskip: Count = 4
    img_height: Count = 84
    img_width: Count = 84
    stack_num: Count = 4
    noop_max: Natural = 30
    use_fire_reset: bool = True
    life_loss_info: bool = True
    repeat_action_probability: Fraction = 0.0
    full_action_space: bool = False
    max_num_frames_per_episode: Count = 108_000


def read_protocol(kwargs: Mapping[str, Any], max_episode_steps: int | None = None) -> AtariProtocol:
    """The protocol with a task's `env_kwargs`, and with its time limit in agent steps.

    Raises ConfigError for a key or value that is not allowed.
    """
    for key, remedy in ELSEWHERE.items():
        if key in kwargs:
            raise ConfigError(f"env_kwargs.{key}={kwargs[key]} is no key of an Atari game", remedy)
    try:
        protocol = AtariProtocol.model_validate(dict(kwargs))
    except ValidationError as error:
        raise config_error(error, AtariProtocol, "env_kwargs.") from None
    if max_episode_steps is None:
        return protocol
    limit = min(max_episode_steps * protocol.frameskip, protocol.max_num_frames_per_episode)
    return protocol.model_copy(update={"max_num_frames_per_episode": limit})
