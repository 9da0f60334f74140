"""SimPendulum against Gymnasium's Pendulum-v1, step by step."""

import math

import gymnasium
import numpy as np
import torch

from tasks import make_vec_env

ROWS = 16


def test_states_and_rewards_are_those_of_gymnasium() -> None:
    rng = np.random.default_rng(0)
    with make_vec_env("SimPendulum", num_envs=ROWS) as vec:
        vec.reset()
        envs = [gymnasium.make("Pendulum-v1").unwrapped for _ in range(ROWS)]
        state = vec._simulator.state
        for row, env in enumerate(envs):
            env.reset()
            env.state = np.array([state["angle"][row].item(), state["speed"][row].item()])
        for step in range(1, 200):
            # Beyond the bounds, too: both clip.
            torque = rng.uniform(-3, 3, (ROWS, 1)).astype(np.float32)
            obs, reward, done, infos = vec.step(torch.from_numpy(torque))
            theirs = [env.step(each) for env, each in zip(envs, torque, strict=True)]
            # A pendulum is chaotic: a rounding at the top grows, so each step starts from the same state.
            np.testing.assert_allclose(obs, np.stack([each[0] for each in theirs]), rtol=1e-4, atol=1e-4)
            np.testing.assert_allclose(reward, [each[1] for each in theirs], rtol=1e-4, atol=1e-4)
            assert not done.any() and not infos["time_outs"].any(), step
            for row, env in enumerate(envs):
                env.state = np.array([state["angle"][row].item(), state["speed"][row].item()])
        *_, done, infos = vec.step(torch.zeros(ROWS, 1))
        assert done.all() and infos["time_outs"].all()


def test_the_reward_is_the_weighted_sum_of_its_named_terms() -> None:
    with make_vec_env("SimPendulum", num_envs=1) as vec:
        vec.reset()
        vec._simulator.state["angle"].fill_(math.pi / 2)
        vec._simulator.state["speed"].fill_(2.0)
        _, reward, _, infos = vec.step(torch.ones(1, 1))
    # Minus a quarter of pi squared, a tenth of two squared, and a thousandth of one.
    np.testing.assert_allclose(infos["rewards"]["lean"], [-(math.pi**2) / 4], rtol=1e-6)
    np.testing.assert_allclose(infos["rewards"]["spin"], [-0.4], rtol=1e-6)
    np.testing.assert_allclose(infos["rewards"]["effort"], [-0.001], rtol=1e-6)
    np.testing.assert_allclose(reward, [-(math.pi**2) / 4 - 0.401], rtol=1e-6)


def test_the_spaces_are_those_of_gymnasium() -> None:
    env = gymnasium.make("Pendulum-v1")
    with make_vec_env("SimPendulum", num_envs=1) as vec:
        info = vec.get_env_info()
    assert info["observation_space"] == env.observation_space
    assert info["action_space"] == env.action_space
