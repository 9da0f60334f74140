"""One game at a time: lives, FIRE and the reported game, as `sync` and `ray` run it."""

import numpy as np

from tasks.atari.games import AtariGame
from tasks.atari.protocol import AtariProtocol
from tasks.atari.single import make_game
from tasks.recorder import find_recorder

BREAKOUT = AtariGame("breakout", "ALE/Breakout-v5", {})
NOOP = 0


def steps_to_done(env) -> int:
    return next(step for step in range(1, 400) if any(env.step(NOOP)[2:4]))


def test_the_next_life_goes_on_where_the_last_was_lost() -> None:
    env = make_game(BREAKOUT, AtariProtocol())
    env.reset(seed=0)
    lengths = []
    for lives in (4, 3, 2, 1):
        lengths.append(steps_to_done(env))
        assert env.unwrapped.ale.lives() == lives
        last = env.unwrapped.ale.getEpisodeFrameNumber()
        obs, _ = env.reset()
        assert env.unwrapped.ale.getEpisodeFrameNumber() == last, "no frame was played"
        assert obs.any(axis=(1, 2)).all(), "and the four last pictures are still seen"
    steps_to_done(env)
    assert find_recorder(env).take_finished() is None, "the game counts as finished once the next one starts"
    obs, _ = env.reset()
    assert env.unwrapped.ale.lives() == 5 and not obs[:3].any()
    assert find_recorder(env).take_finished() == 0.0


def test_a_reset_in_the_middle_of_a_life_starts_a_new_game() -> None:
    env = make_game(BREAKOUT, AtariProtocol())
    env.reset(seed=0)
    for _ in range(5):
        env.step(NOOP)
    before = env.unwrapped.ale.getEpisodeFrameNumber()
    obs, _ = env.reset()
    assert env.unwrapped.ale.getEpisodeFrameNumber() < before and not obs[:3].any()


def test_a_seed_starts_a_new_game_in_the_middle_of_one() -> None:
    env = make_game(BREAKOUT, AtariProtocol())
    first, _ = env.reset(seed=0)
    steps_to_done(env)
    again, _ = env.reset(seed=0)
    assert env.unwrapped.ale.lives() == 5 and np.array_equal(first, again)


def test_wrappers_of_a_task_come_on_top_and_change_no_statistics() -> None:
    from cfg.schema import TaskConfig
    from tasks import make_vec_env

    task = TaskConfig(
        name="Doubled",
        env="ale:ms_pacman",
        num_envs=1,
        vec_env="sync",
        wrappers=["tests.toy_envs:DoubledReward"],
    )
    with make_vec_env(task, env_kwargs={"max_num_frames_per_episode": 400}) as vec:
        vec.reset()
        total, episode = 0.0, None
        while episode is None:
            _, reward, _, infos = vec.step(np.array([2]))
            total += float(reward[0])
            episode = infos.get("episode")
    assert total > 0 and episode["return"].tolist() == [total / 2]
