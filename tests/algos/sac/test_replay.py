"""The replay: what it keeps, what it forgets, what it gives back."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from algos.sac.replay import Batch, Replay
from cfg.errors import ConfigError


def transitions(*numbers: float) -> Batch:
    """Transitions told apart by one number, in every part of them."""
    column = torch.tensor(numbers)
    obs = column[:, None].expand(-1, 2)
    return Batch(obs, column[:, None] + 0.1, column + 0.2, obs + 0.3, column + 0.4)


def held(replay: Replay) -> list[float]:
    return replay.read(*replay.held())[:, 0].tolist()


def test_a_drawn_transition_has_all_the_parts_that_were_put_in() -> None:
    replay = Replay(8, 2, 1, "cpu")
    replay.add(transitions(7.0))
    drawn, given = replay.sample(3), transitions(7.0, 7.0, 7.0)
    for part in ("obs", "action", "reward", "next_obs", "discount"):
        torch.testing.assert_close(getattr(drawn, part), getattr(given, part))


def test_the_oldest_give_way_once_it_is_full() -> None:
    replay = Replay(5, 2, 1, "cpu")
    for start in (0, 2, 4):
        replay.add(transitions(start, start + 1))
    assert len(replay) == 5 and held(replay) == [1, 2, 3, 4, 5]
    assert set(replay.sample(200).obs[:, 0].tolist()) == {1, 2, 3, 4, 5}


def test_nothing_is_drawn_that_was_never_put_in() -> None:
    replay = Replay(1000, 2, 1, "cpu")
    replay.add(transitions(3.0, 4.0))
    assert set(replay.sample(200).obs[:, 0].tolist()) == {3.0, 4.0}


@pytest.mark.parametrize(("capacity", "kept"), [(5, [1, 2, 3, 4, 5]), (9, [1, 2, 3, 4, 5]), (3, [3, 4, 5])])
def test_another_replay_takes_over_the_newest_that_fit(capacity: int, kept: list[int]) -> None:
    replay, other = Replay(5, 2, 1, "cpu"), Replay(capacity, 2, 1, "cpu")
    replay.add(transitions(0, 1, 2))
    replay.add(transitions(3, 4, 5))
    other.add(transitions(99))
    other.restart(replay.held()[0])
    other.extend(replay.read(*replay.held()))
    assert held(other) == kept and other.held() == (6 - len(kept), 6)
    other.add(transitions(6))
    assert held(other)[-1] == 6


def test_transitions_come_back_to_the_places_they_had_so_draws_repeat() -> None:
    replay, other = Replay(4, 2, 1, "cpu"), Replay(4, 2, 1, "cpu")
    for start in (0, 3):
        replay.add(transitions(start, start + 1, start + 2))
    other.restart(2)
    other.extend(replay.read(2, 6))
    torch.manual_seed(0)
    drawn = replay.sample(20).obs
    torch.manual_seed(0)
    assert torch.equal(other.sample(20).obs, drawn)


class _Devices(TorchDispatchMode):
    """Notes where whatever goes in or comes out lies."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        given = func(*args, **(kwargs or {}))
        tensors = (each for each in tree_leaves((args, kwargs, given)) if isinstance(each, torch.Tensor))
        self.seen |= {each.device.type for each in tensors}
        return given


def test_on_a_device_nothing_goes_through_the_host() -> None:
    replay = Replay(5, 2, 1, "meta")
    parts = [part.to("meta") for part in vars(transitions(1, 2, 3)).values()]
    with _Devices() as devices:
        replay.add(Batch(*parts))
        replay.add(Batch(*parts))
        drawn = replay.sample(4)
    assert devices.seen == {"meta"} and drawn.obs.shape == (4, 2) and len(replay) == 5


def test_what_is_read_is_a_copy() -> None:
    replay = Replay(1000, 2, 1, "cpu")
    replay.add(transitions(1, 2))
    rows = replay.read(0, 2)
    replay.add(transitions(*range(1000)))
    assert rows[:, 0].tolist() == [1, 2]


def test_a_replay_without_room_says_how_much_it_needs() -> None:
    with pytest.raises(
        ConfigError, match=r"replay_buffer_size=10{13}: no room for 360,000.0 GB on cpu -- use"
    ):
        Replay(10**13, obs_size=3, action_size=1, device="cpu")
