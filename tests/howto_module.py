"""A module as rl_games' how-to teaches: an environment, a copied Ray vector environment, an algorithm.

Importing it registers everything, as such modules do; tests copy it into a user's directory as my_module.py.
"""

import gymnasium as gym
import numpy as np
import ray
from rl_games.algos_torch import a2c_discrete, model_builder, network_builder, players
from rl_games.common import env_configurations, vecenv
from rl_games.common.ivecenv import IVecEnv


class OldCartPole:
    """CartPole with the 4-tuples that rl_games' workers want."""

    def __init__(self, **kwargs):
        self.env = gym.make("CartPole-v1", max_episode_steps=kwargs.get("limit", 500))
        self.observation_space, self.action_space = self.env.observation_space, self.env.action_space

    def seed(self, seed):
        self.first_seed = seed

    def reset(self):
        obs, _ = self.env.reset(seed=self.__dict__.pop("first_seed", None))
        return obs

    def step(self, action):
        obs, reward, terminated, truncated, _ = self.env.step(int(action))
        return obs, reward, terminated or truncated, {"time_outs": truncated}


def create_custom_env(**kwargs):
    return OldCartPole(**kwargs)


class CustomRayWorker:
    """A copy of rl_games' worker that is given the table of environments."""

    def __init__(self, config_dict, config_name, config):
        self.env = config_dict[config_name]["env_creator"](**config)

    def seed(self, seed):
        self.env.seed(seed)

    def step(self, action):
        obs, reward, done, info = self.env.step(action)
        if done:
            obs = self.env.reset()
        return obs.astype(np.float32), reward, done, info

    def reset(self):
        return self.env.reset().astype(np.float32)

    def get_env_info(self):
        return {"observation_space": self.env.observation_space, "action_space": self.env.action_space}


class CustomRayVecEnv(IVecEnv):
    """A copy of rl_games' vector environment that hands the table on."""

    def __init__(self, config_dict, config_name, num_actors, **kwargs):
        self.num_actors = num_actors
        self.seed = kwargs.pop("seed", None)
        if not ray.is_initialized():
            ray.init()
        remote_worker = ray.remote(num_cpus=0)(CustomRayWorker)
        self.workers = [remote_worker.remote(config_dict, config_name, kwargs) for _ in range(num_actors)]
        if self.seed is not None:
            ray.get([worker.seed.remote(self.seed + i) for i, worker in enumerate(self.workers)])

    def step(self, actions):
        steps = [worker.step.remote(action) for action, worker in zip(actions, self.workers, strict=True)]
        obs, rewards, dones, infos = zip(*ray.get(steps), strict=True)
        return np.stack(obs), np.array(rewards), np.array(dones), list(infos)

    def reset(self):
        return np.stack(ray.get([worker.reset.remote() for worker in self.workers]))

    def get_env_info(self):
        return ray.get(self.workers[0].get_env_info.remote())

    def has_action_masks(self):
        return True


env_configurations.register(
    "customenv", {"vecenv_type": "COPYRAY", "env_creator": lambda **kwargs: create_custom_env(**kwargs)}
)
vecenv.register(
    "COPYRAY",
    lambda config_name, num_actors, **kwargs: CustomRayVecEnv(
        env_configurations.configurations, config_name, num_actors, **kwargs
    ),
)
model_builder.register_network("my_network", network_builder.A2CBuilder)


class MyAgent(a2c_discrete.DiscreteA2CAgent):
    """rl_games' agent under a name of its own."""


def setup_runner(runner):
    runner.algo_factory.register_builder("my_algo", lambda **kwargs: MyAgent(**kwargs))
    runner.player_factory.register_builder("my_algo", lambda **kwargs: players.PpoPlayerDiscrete(**kwargs))
