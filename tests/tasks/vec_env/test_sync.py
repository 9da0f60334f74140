"""What a vector environment gives, in numbers worked by hand: Countdown observes [steps taken, episode]."""

import logging

import numpy as np
import pytest

from cfg.errors import ConfigError, EnvFault, RlgxError
from tasks.factory import WrapperRecipe
from tasks.vec_env.sync import SyncVecEnv
from tests.odd_envs import odd_factory
from tests.toy_envs import toy_factory

NOTHING = np.zeros(2, np.int64)


def make(name: str = "Countdown", num_envs: int = 2, wrappers: tuple[WrapperRecipe, ...] = (), **kwargs):
    return SyncVecEnv(toy_factory(name, wrappers, **kwargs), num_envs, seed=0)


def test_a_done_row_shows_the_next_episode_and_its_last_observation_stays_visible() -> None:
    vec = make(length=2)
    assert vec.reset().tolist() == [[0, 0], [0, 0]]
    obs, reward, done, infos = vec.step(NOTHING)
    assert (obs.tolist(), reward.tolist(), done.tolist()) == ([[1, 0], [1, 0]], [1, 1], [False, False])
    assert infos.keys() == {"time_outs"}
    obs, reward, done, infos = vec.step(NOTHING)
    assert (obs.tolist(), reward.tolist(), done.tolist()) == ([[0, 1], [0, 1]], [2, 2], [True, True])
    assert infos["final_observation"].tolist() == [[2, 0], [2, 0]]
    assert infos["time_outs"].tolist() == [False, False]
    assert (obs.dtype, reward.dtype, done.dtype) == (np.float32, np.float32, np.bool_)


def test_the_final_observation_is_the_successor_in_rows_that_go_on() -> None:
    vec = SyncVecEnv(toy_factory("Countdown", length=4), 2, seed=0)
    vec.reset()
    vec._rows._envs[1].time = 2  # row 1 is two steps ahead
    vec.step(NOTHING)
    obs, _, done, infos = vec.step(NOTHING)
    assert done.tolist() == [False, True]
    assert obs.tolist() == [[2, 0], [0, 1]]
    assert infos["final_observation"].tolist() == [[2, 0], [4, 0]]


def test_a_limit_is_a_time_out_unless_the_episode_ended_by_itself() -> None:
    cut, ended = make(length=9, limit=2), make(length=2, limit=2)
    for vec in (cut, ended):
        vec.reset()
        vec.step(NOTHING)
    assert cut.step(NOTHING)[3]["time_outs"].tolist() == [True, True]
    _, _, done, infos = ended.step(NOTHING)
    assert done.tolist() == [True, True]
    assert infos["time_outs"].tolist() == [False, False]


def test_a_finished_episode_is_reported_once_with_return_and_length() -> None:
    vec = make(length=3)
    vec.reset()
    infos = [vec.step(NOTHING)[3] for _ in range(6)]
    assert ["episode" in info for info in infos] == [False, False, True, False, False, True]
    for info in (infos[2], infos[5]):
        episode = info["episode"]
        assert episode["row"].tolist() == [0, 1]
        assert episode["return"].tolist() == [6.0, 6.0], "1 + 2 + 3"
        assert episode["length"].tolist() == [3, 3]
        assert np.isnan(episode["success"]).all()
        assert {key: values.dtype for key, values in episode.items()} == {
            "row": np.int64, "return": np.float64, "length": np.int64, "success": np.float64
        }  # fmt: skip


def test_statistics_show_the_game_and_not_what_wrappers_make_of_it() -> None:
    vec = make(length=3, wrappers=(WrapperRecipe("tests.toy_envs:DoubledReward"),))
    vec.reset()
    rewards = [vec.step(NOTHING)[1].tolist() for _ in range(2)]
    _, reward, _, infos = vec.step(NOTHING)
    assert [*rewards, reward.tolist()] == [[2, 2], [4, 4], [6, 6]]
    assert infos["episode"]["return"].tolist() == [6.0, 6.0]


def test_a_lost_life_ends_the_learners_episode_and_not_the_reported_game() -> None:
    vec = make(length=5, wrappers=(WrapperRecipe("tests.toy_envs:OneLife", {"steps": 2}),))
    vec.reset()
    steps = [vec.step(NOTHING) for _ in range(5)]
    assert [done.tolist() for _, _, done, _ in steps] == [
        [False] * 2,
        [True] * 2,
        [False] * 2,
        [True] * 2,
        [True] * 2,
    ]
    assert ["episode" in infos for *_, infos in steps] == [False, False, False, False, True]
    assert steps[4][3]["episode"]["return"].tolist() == [15.0, 15.0], "1 + 2 + 3 + 4 + 5"
    assert steps[4][3]["episode"]["length"].tolist() == [5, 5]


def test_a_reset_by_hand_forgets_the_episode_that_was_running() -> None:
    vec = make(length=3, wrappers=(WrapperRecipe("tests.toy_envs:DoubledReward"),))
    vec.reset()
    vec.step(NOTHING)
    vec.reset()
    infos = [vec.step(NOTHING)[3] for _ in range(3)]
    assert infos[2]["episode"]["length"].tolist() == [3, 3]
    assert infos[2]["episode"]["return"].tolist() == [6.0, 6.0]


def test_named_numbers_and_success_come_through() -> None:
    vec = make("Telling", length=3)
    vec.reset()
    one, two, three = (vec.step(NOTHING)[3] for _ in range(3))
    assert one["rewards"]["speed"].tolist() == [0.5, 0.5]
    assert two.keys() == {"time_outs"}
    assert three["metrics"]["distance"].tolist() == [7.0, 7.0]
    assert three["episode"]["success"].tolist() == [1.0, 1.0]


def test_two_rewards_are_two_columns_and_one_return() -> None:
    vec = make("TwoRewards", length=2)
    vec.reset()
    assert vec.get_env_info()["value_size"] == 2
    assert vec.step(NOTHING)[1].tolist() == [[1, 1], [1, 1]]
    assert vec.step(NOTHING)[3]["episode"]["return"].tolist() == [5.0, 5.0], "(1 + 1) + (2 + 1)"


@pytest.mark.parametrize(("name", "states"), [("Asymmetric", [0, 0, 3]), ("CentralValue", [3])])
def test_the_critics_states_come_beside_the_observation(name: str, states: list[float]) -> None:
    vec = make(name)
    obs = vec.reset()
    info = vec.get_env_info()
    assert info["observation_space"].shape == (2,)
    assert info["state_space"].shape == (len(states),)
    assert obs["obs"].tolist() == [[0, 0], [0, 0]]
    assert obs["states"].tolist() == [states, states]
    for _ in range(3):
        _, _, _, infos = vec.step(NOTHING)
    assert infos["final_observation"]["states"][0, -1] == 0, "no time is left"


def test_masks_by_a_method_follow_the_observation_that_was_given() -> None:
    vec = make("Masked", length=3)
    assert vec.has_action_masks() and vec.has_action_mask()
    vec.reset()
    assert vec.get_action_masks().tolist() == [[True, False, False]] * 2
    vec.step(NOTHING)
    assert vec.get_action_masks().tolist() == [[False, True, False]] * 2
    for _ in range(2):
        vec.step(NOTHING)
    assert vec.get_action_mask().tolist() == [[True, False, False]] * 2, "that of the next episode"


def test_masks_in_infos_are_concatenated_and_known_before_the_first_reset() -> None:
    vec = make("InfoMasked", length=2)
    assert vec.has_action_masks()
    assert vec.reset()[:, 0].tolist() == [0, 0]
    assert vec.get_action_masks().tolist() == [[True, False, True, False, False]] * 2
    vec.step(np.zeros((2, 2), np.int64))
    assert vec.get_action_masks().tolist() == [[False, True, False, True, False]] * 2


def test_a_mask_of_another_size_is_a_fault() -> None:
    vec = SyncVecEnv(odd_factory("ShortMask"), 2, seed=0)
    vec.reset()
    vec.step(NOTHING)
    with pytest.raises(
        EnvFault, match="ShortMask, row 0, step 2: the action mask holds 2 values for 3 actions"
    ):
        vec.step(NOTHING)


def test_masks_that_are_not_there_are_refused_with_both_ways_out() -> None:
    vec = make()
    vec.reset()
    assert not vec.has_action_masks()
    with pytest.raises(ConfigError, match="Countdown gives no action masks -- set it to False, or give"):
        vec.get_action_masks()


def test_the_same_seed_plays_the_same_and_rows_differ() -> None:
    first, again, other = (SyncVecEnv(toy_factory("Dice"), 3, seed=seed) for seed in (0, 0, 1))
    one, two, three = first.reset(), again.reset(), other.reset()
    assert np.array_equal(one, two)
    assert len(np.unique(np.concatenate([one, three]))) == 12, "two numbers of six rows"
    assert not np.array_equal(one, first.reset()), "streams go on"
    first.seed(0)
    assert np.array_equal(one, first.reset()), "until they are seeded anew"


def test_observations_are_fresh_even_where_the_environment_reuses_its_buffer() -> None:
    vec = make("ReusedBuffer", length=2)
    kept = [vec.reset()]
    for _ in range(2):
        obs, *_, infos = vec.step(NOTHING)
        kept.append(obs)
    assert [obs[0].tolist() for obs in kept] == [[0, 0], [1, 0], [0, 1]]
    assert infos["final_observation"][0].tolist() == [2, 0]


def test_four_tuples_are_accepted_with_one_note(caplog: pytest.LogCaptureFixture) -> None:
    vec = make("OldGym", length=2)
    with caplog.at_level(logging.WARNING, "rlgx.tasks"):
        vec.reset()
        for _ in range(4):
            obs, _, done, infos = vec.step(NOTHING)
    assert done.tolist() == [True, True]
    assert infos["final_observation"].tolist() == [[2.0], [2.0]]
    assert vec.notes == ("the environment speaks the API before Gymnasium (4-tuples): accepted",)
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("shape", r"the observation has shape \(1,\) where its space says \(2,\)"),
        ("nan", r"the observation\[0\] is nan, not a finite number -- mend what divides by zero or grows"),
        ("text", "the observation is of dtype <U1"),
        ("none", "the observation is of dtype object"),
        ("reward", "the reward is inf, not a finite number -- mend"),
        ("rewards", r"reward is list where shape \(\) was expected"),
        ("info", "step returned NoneType as info -- return a dict"),
        ("three", "step returned tuple"),
        ("raise", "step failed: ZeroDivisionError: the robot fell off"),
    ],
)
def test_a_fault_names_environment_row_and_step(fault: str, line: str) -> None:
    vec = make("Wrong", fault=fault)
    vec.reset()
    vec._rows._envs[0].time = -9  # row 0 is well for a while
    vec.step(NOTHING)
    with pytest.raises(RlgxError, match=f"^Wrong, row 1, step 2: {line}") as told:
        vec.step(NOTHING)
    assert told.value.exit_code == (6 if fault in ("nan", "reward") else 4)


def test_rows_with_other_spaces_are_refused() -> None:
    with pytest.raises(EnvFault, match="observation_space of row 1 is not that of row 0"):
        make("UnevenSpaces")


def test_closing_twice_closes_every_environment_once() -> None:
    with make() as vec:
        envs = list(vec._rows._envs)
    vec.close()
    assert all(env.closed for env in envs)


def test_row_zero_alone_is_drawn() -> None:
    from dataclasses import replace

    vec = SyncVecEnv(replace(toy_factory("Countdown"), render_mode="rgb_array"), 2, seed=0)
    vec.reset()
    vec.step(NOTHING)
    assert vec.render().max() == 1
    assert [env.render_mode for env in vec._rows._envs] == ["rgb_array", None]
    assert make().render() is None


def test_what_rl_games_asks_in_passing_is_answered() -> None:
    vec = make()
    assert vec.get_env_info()["autoreset_mode"] == "same_step"
    assert vec.get_number_of_agents() == 1
    vec.set_train_info(100, object())
