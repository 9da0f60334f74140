"""Every switch of PPO is in docs/ppo.md."""

import re

from algos.ppo.settings import PPOSettings
from cfg.schema.network import Continuous
from cfg.schema.settings import CommonSettings
from tests.source_tree import text

UNTOLD = {"mu_activation", "sigma_activation"}


def test_every_switch_is_told() -> None:
    told = set(re.findall(r"`(\w+)`", text("docs/ppo.md")))
    switches = PPOSettings.model_fields.keys() - CommonSettings.model_fields.keys()
    assert (switches | Continuous.model_fields.keys()) - told - UNTOLD == set()
