"""Steps that look for nothing are those of torch's own Adam."""

import torch
from torch import nn

from algos.adam import Adam


def _made(advance: bool) -> tuple[list[nn.Parameter], torch.optim.Adam]:
    torch.manual_seed(1)
    parameters = [nn.Parameter(torch.randn(3, 2)), nn.Parameter(torch.randn(2)), nn.Parameter(torch.randn(4))]
    for parameter in parameters[:2]:  # the third is frozen: it never gets a gradient
        parameter.grad = torch.zeros_like(parameter)
    if advance:
        return parameters, Adam(parameters, 0.01, (0.8, 0.99), weight_decay=0.1)
    return parameters, torch.optim.Adam(parameters, 0.01, (0.8, 0.99), weight_decay=0.1, fused=True)


def _run(advance: bool) -> list[torch.Tensor]:
    """Six steps, with another rate for the last three and a load of one's own state before the last two."""
    parameters, optimizer = _made(advance)
    chance = torch.Generator().manual_seed(2)
    for step in range(6):
        if step == 3:
            optimizer.param_groups[0]["lr"] = 0.05
        if step == 4:
            optimizer.load_state_dict(optimizer.state_dict())
        for parameter in parameters[:2]:
            assert parameter.grad is not None
            parameter.grad.copy_(torch.randn(parameter.shape, generator=chance))
        if isinstance(optimizer, Adam):
            optimizer.advance()
        else:
            optimizer.step()
    return [parameter.detach() for parameter in parameters]


def test_advancing_is_stepping_with_new_rates_and_loaded_moments_too() -> None:
    for mine, torchs in zip(_run(advance=True), _run(advance=False), strict=True):
        assert torch.equal(mine, torchs)


def test_what_is_saved_counts_every_step_and_goes_on_in_torchs_own_adam() -> None:
    (parameters, mine), (others, torchs) = _made(advance=True), _made(advance=False)
    assert isinstance(mine, Adam)
    for each in (*parameters[:2], *others[:2]):
        assert each.grad is not None
        each.grad.fill_(0.5)
    for _ in range(5):
        mine.advance()
        torchs.step()
    saved, expected = mine.state_dict(), torchs.state_dict()
    assert saved["param_groups"] == expected["param_groups"]
    torch.testing.assert_close(saved["state"], expected["state"], rtol=0, atol=0)
    assert [state["step"].item() for state in saved["state"].values()] == [5.0, 5.0]


def test_parameters_without_a_gradient_stay() -> None:
    torch.manual_seed(1)
    untouched = [torch.randn(3, 2), torch.randn(2), torch.randn(4)]
    first, _, third = _run(advance=True)
    assert torch.equal(third, untouched[2]) and not torch.equal(first, untouched[0])


def test_a_load_brings_steps_and_moments_and_leaves_what_it_was_made_with() -> None:
    parameters, mine = _made(advance=True)
    assert isinstance(mine, Adam)
    mine.advance()
    other = Adam(parameters, 0.5, (0.1, 0.2), weight_decay=0.3)
    other.load_state_dict(mine.state_dict())
    (group,) = other.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.5, (0.1, 0.2), 0.3)
    held, expected = other.state[parameters[0]], mine.state[parameters[0]]
    assert held["step"] == 1.0 and torch.equal(held["exp_avg"], expected["exp_avg"])
