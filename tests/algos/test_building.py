"""What a builder raises and what does not fit is one line with the key or the tensor."""

import pytest
import torch

from algos.building import building, require_fit
from cfg.errors import CheckpointError, ConfigError


def test_whatever_a_builder_raises_names_the_block_and_what_it_was_to_read() -> None:
    line = r"train.params.network: mine fails for observations \(4,\): KeyError: 'units' -- mend train"
    with pytest.raises(ConfigError, match=line), building({"name": "mine"}, (4,)):
        {}["units"]


def test_the_first_tensor_that_differs_is_named() -> None:
    mine, theirs = {"a": torch.zeros(2), "b": torch.zeros(3)}, {"a": torch.zeros(2), "b": torch.zeros(1)}
    require_fit(mine, dict(mine))
    with pytest.raises(CheckpointError, match=r"nets.b is \(1,\) there and \(3,\) here"):
        require_fit(mine, theirs, "nets.")
    with pytest.raises(CheckpointError, match=r"b is absent there"):
        require_fit(mine, {"a": torch.zeros(2)})
