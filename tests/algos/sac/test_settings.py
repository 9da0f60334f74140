"""SAC's settings and the page that explains them."""

import re

import yaml

from algos.sac.settings import SACSettings
from tests.source_tree import text


def test_the_page_has_every_switch_of_sac_with_its_default() -> None:
    table = text("docs/sac.md").split("\n| key | default |")[1].split("\n\n")[0]
    rows = [line.split(" | ") for line in table.splitlines()[2:]]
    said = {key: row[1].strip() for row in rows for key in re.findall(r"`(\w+)`", row[0])}
    base = yaml.safe_load(text("cfg/train/base/sac.yaml"))["params"]["config"]
    assert set(said) == set(SACSettings.__annotations__)
    for key, default in said.items():
        if key != "reward_shaper":
            value = base[key] if isinstance(base[key], list) else [base[key]]
            assert yaml.safe_load(f"[{default}]") == value, key
