"""SimCartPole against Gymnasium's CartPole-v1, step by step."""

import gymnasium
import numpy as np
import pytest
import torch

from tasks import make_vec_env

ROWS = 16


def played(parameters: dict[str, float], steps: int):
    """Yields what ours and what Gymnasium's environments say of the same actions, from the same starts."""
    rng = np.random.default_rng(0)
    with make_vec_env("SimCartPole", num_envs=ROWS, env_kwargs={"parameters": parameters}) as vec:
        starts = vec.reset().numpy()
        envs = [gymnasium.make("CartPole-v1") for _ in range(ROWS)]
        for env, start in zip(envs, starts, strict=True):
            env.reset()
            env.unwrapped.state = start.astype(np.float64)
            env.unwrapped.gravity = parameters.get("gravity", 9.8)
        for _ in range(steps):
            actions = rng.integers(0, 2, ROWS)
            ours = vec.step(torch.from_numpy(actions))
            theirs = [env.step(int(action)) for env, action in zip(envs, actions, strict=True)]
            yield ours, theirs
            for row in torch.nonzero(ours[2]).flatten().tolist():
                envs[row].reset()
                envs[row].unwrapped.state = ours[0][row].numpy().astype(np.float64)


@pytest.mark.parametrize("parameters", [{}, {"gravity": 4.0}])
def test_states_rewards_and_ends_are_those_of_gymnasium(parameters: dict[str, float]) -> None:
    ends = 0
    for (_, reward, done, infos), theirs in played(parameters, steps=150):
        np.testing.assert_allclose(
            infos["final_observation"], np.stack([each[0] for each in theirs]), rtol=2e-5, atol=2e-5
        )
        assert reward.tolist() == [each[1] for each in theirs]
        assert done.tolist() == [each[2] for each in theirs]
        assert not infos["time_outs"].any()
        ends += int(done.sum())
    assert ends > ROWS


def test_a_time_limit_of_500_is_no_failure() -> None:
    with make_vec_env(
        "SimCartPole", num_envs=1, env_kwargs={"parameters": {"force_n": 0.0, "gravity": 0.0}}
    ) as vec:
        vec.reset()
        vec._simulator.state["velocity"].zero_()  # nothing moves any more, so nothing ends by itself
        vec._simulator.state["angular_velocity"].zero_()
        for step in range(1, 501):
            _, _, done, infos = vec.step(torch.ones(1, dtype=torch.int64))
            assert done.item() == infos["time_outs"].item() == (step == 500)
        assert infos["episode"]["length"].tolist() == [500]
        assert infos["episode"]["return"].tolist() == [500.0]


def test_the_spaces_are_those_of_gymnasium() -> None:
    env = gymnasium.make("CartPole-v1")
    with make_vec_env("SimCartPole", num_envs=1) as vec:
        info = vec.get_env_info()
    assert info["observation_space"] == env.observation_space
    assert info["action_space"] == env.action_space


def test_starts_are_spread_as_in_gymnasium() -> None:
    with make_vec_env("SimCartPole", num_envs=4096) as vec:
        starts = vec.reset()
    assert starts.abs().max() <= 0.05
    # Uniform in [-0.05, 0.05]: deviation 0.1 / sqrt(12) = 0.0289.
    np.testing.assert_allclose(starts.std(dim=0), 0.1 / 12**0.5, rtol=0.05)
    np.testing.assert_allclose(np.corrcoef(starts.T.numpy()), np.eye(4), atol=0.06)
