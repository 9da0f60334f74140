"""ale-py's vector environment under the contract: lives, whole games, final observations, seeds, threads."""

from typing import Any

import numpy as np
import pytest
from ale_py.vector_env import AtariVectorEnv

from cfg.errors import EnvFault
from tasks import make_vec_env
from tasks.vec_env.base import VecEnv

NOOP, FIRE, RIGHT = 0, 1, 2
NOTHING = np.zeros(2, np.int64)


def make(game: str = "breakout", num_envs: int = 2, vec_env: str = "native", **kwargs: Any) -> VecEnv:
    return make_vec_env("Gym", env=f"ale:{game}", num_envs=num_envs, vec_env=vec_env, env_kwargs=kwargs)


def played(vec: VecEnv, steps: int, seed: int = 0) -> list[Any]:
    """What the first reset and every step of random play gave."""
    rng = np.random.default_rng(seed)
    count = vec.get_env_info()["action_space"].n
    with vec:
        return [vec.reset(), *(vec.step(rng.integers(0, count, vec.num_envs)) for _ in range(steps))]


def test_observations_are_four_small_grey_pictures_in_bytes() -> None:
    with make("pong", num_envs=3) as vec:
        space = vec.get_env_info()["observation_space"]
        assert (space.shape, space.dtype) == ((4, 84, 84), np.uint8)
        obs = vec.reset()
        assert (obs.shape, obs.dtype) == ((3, 4, 84, 84), np.uint8)
        assert not obs[:, :3].any() and obs[:, 3].any(), "nothing is seen before the first picture"


def test_a_lost_life_ends_the_learners_episode_and_only_the_game_is_reported() -> None:
    returns, lengths, dones = np.zeros(2), np.zeros(2, int), np.zeros(2, int)
    for _, reward, done, infos in played(make(), 400)[1:]:
        returns += reward
        lengths += 1
        dones += done
        assert not infos["time_outs"].any()
        for index, row in enumerate(infos.get("episode", {"row": ()})["row"]):
            assert dones[row] == 5, "a game has five lives"
            assert infos["episode"]["return"][index] == returns[row]
            assert infos["episode"]["length"][index] == lengths[row]
            returns[row] = lengths[row] = dones[row] = 0
    assert lengths.max() < 400, "both games were over at least once"


def test_a_lost_life_shows_the_game_that_goes_on() -> None:
    for obs, _, done, infos in played(make(), 100)[1:]:
        if done.any():
            assert "episode" not in infos
            assert np.array_equal(infos["final_observation"], obs)
            assert not np.shares_memory(infos["final_observation"], obs)
            return
    raise AssertionError("no life was lost")


def test_whole_games_can_be_the_learners_episodes() -> None:
    for _, _, done, infos in played(make(life_loss_info=False), 400)[1:]:
        assert done.any() == ("episode" in infos)


def test_a_game_that_is_over_shows_its_end_and_the_next_ones_start() -> None:
    vec = make(use_fire_reset=False, life_loss_info=False)
    bare = AtariVectorEnv("breakout", 2, use_fire_reset=False, reward_clipping=False)  # next-step autoreset
    vec.reset()
    bare.reset(seed=vec_seeds(vec))
    rng = np.random.default_rng(0)
    for _ in range(400):
        actions = rng.integers(0, 4, 2)
        obs, reward, done, infos = vec.step(actions)
        expected, expected_reward, terminated, _, _ = bare.step(actions)
        assert np.array_equal(reward, expected_reward) and np.array_equal(done, terminated)
        if done.any():
            assert np.array_equal(infos["final_observation"], expected), "rows that go on included"
            assert not obs[done, :3].any() and obs[done, 3].any()
            assert np.array_equal(obs[~done], expected[~done])
            return
        assert np.array_equal(obs, expected)
    raise AssertionError("no game was over")


def vec_seeds(vec: VecEnv) -> Any:
    vec.seed(0)
    seeds = vec._seeds
    vec.reset()
    return seeds


@pytest.mark.parametrize("game", ["breakout", "pong"])
def test_without_random_starts_native_plays_what_sync_plays_picture_for_picture(game: str) -> None:
    ours, theirs = (played(make(game, vec_env=kind, noop_max=0), 300) for kind in ("native", "sync"))
    assert np.array_equal(ours[0], theirs[0])
    for (obs, reward, done, infos), (obs2, reward2, done2, infos2) in zip(ours[1:], theirs[1:], strict=True):
        assert np.array_equal(obs, obs2) and np.array_equal(reward, reward2) and np.array_equal(done, done2)
        assert infos.keys() == infos2.keys()
        assert done.any() == ("final_observation" in infos)
        if done.any():
            assert np.array_equal(infos["final_observation"], infos2["final_observation"])
        for name, values in infos.get("episode", {}).items():
            assert np.array_equal(values, infos2["episode"][name], equal_nan=True), name


def test_a_game_that_is_cut_off_is_a_time_out() -> None:
    steps = played(make("pong", max_num_frames_per_episode=40), 20)[1:]
    told = [bool(infos["time_outs"].all()) for *_, infos in steps]
    assert told == [step in (10, 20) for step in range(1, 21)], "40 frames are 10 steps of 4"
    assert steps[9][3]["episode"]["length"].tolist() == [10, 10]


def test_a_tasks_time_limit_counts_agent_steps() -> None:
    from cfg.schema import TaskConfig

    task = TaskConfig(name="Short", env="ale:pong", num_envs=2, max_episode_steps=7)
    done = [done.all() for _, _, done, _ in played(make_vec_env(task), 7)[1:]]
    assert done == [False] * 6 + [True]


def test_every_new_life_starts_with_fire_unless_asked_otherwise() -> None:
    with make(life_loss_info=False) as vec:
        vec.reset()
        assert any(vec.step(NOTHING)[2].any() for _ in range(400)), "five balls were served and missed"
    with make(life_loss_info=False, use_fire_reset=False) as vec:
        vec.reset()
        assert not any(vec.step(NOTHING)[2].any() for _ in range(400)), "nobody served"


def test_the_same_seed_plays_the_same_whatever_the_number_of_threads() -> None:
    first, again, threads = (
        played(make_vec_env("Breakout", num_envs=2, seed=5, num_workers=workers), 60)
        for workers in (None, None, 1)
    )
    for one, *others in zip(first[1:], again[1:], threads[1:], strict=True):
        assert all(np.array_equal(one[0], other[0]) for other in others)
    other_seed = played(make_vec_env("Breakout", num_envs=2, seed=6), 1)
    evaluation = played(make_vec_env("Breakout", num_envs=2, seed=5, role="eval"), 1)
    assert not np.array_equal(first[0], other_seed[0]) and not np.array_equal(first[0], evaluation[0])


def test_streams_go_on_over_resets_until_they_are_seeded_anew() -> None:
    with make() as vec:
        first = vec.reset()
        assert not np.array_equal(first, vec.reset())
        vec.seed(0)
        assert np.array_equal(first, vec.reset())


def test_sticky_actions_are_off_unless_asked_for() -> None:
    still = [played(make(noop_max=0, repeat_action_probability=p), 40)[-1][0] for p in (0.0, 0.0, 0.9)]
    assert np.array_equal(still[0], still[1]) and not np.array_equal(still[0], still[2])


def test_rewards_are_the_games_own() -> None:
    assert max(reward.max() for _, reward, _, _ in played(make("ms_pacman"), 100)[1:]) == 10.0, "a dot"


def test_observations_are_never_written_into_again() -> None:
    results = played(make("pong", max_num_frames_per_episode=40), 12)
    arrays = [results[0], *(obs for obs, *_ in results[1:])]
    assert not any(np.shares_memory(one, two) for one, two in zip(arrays, arrays[1:], strict=False))


@pytest.mark.parametrize("action", [-1, 6])
def test_an_action_that_the_game_has_not_is_told_and_not_waited_for(action: int) -> None:
    with make("pong") as vec:
        vec.reset()
        with pytest.raises(EnvFault, match=f"ale:pong, row 1: action {action} of 6 -- give 0 to 5"):
            vec.step(np.array([0, action]))


def test_what_rl_games_asks_in_passing_is_answered() -> None:
    vec = make("pong")
    assert not vec.has_action_masks()
    assert vec.get_env_info()["autoreset_mode"] == "same_step"
    vec.close()
    vec.close()
