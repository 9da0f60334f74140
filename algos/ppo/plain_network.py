"""An rl_games actor-critic of nothing but linear layers, forward and backward by hand. Knows no loss."""

from collections.abc import Sequence
from typing import Any

from rl_games.algos_torch.network_builder import A2CBuilder
from torch import Tensor, nn

from algos.layers import Tree, layers_of

Given = list[list[Tensor]]
"""What each layer of each tree was given, [B, I]."""


class PlainNetwork:
    """An rl_games actor-critic of nothing but linear layers.

    Args:
        trees: the policy's and the critic's, or one for both.
        log_sigma: the parameter [A] of a Gaussian policy; None where actions are choices.
        has_many_choices: whether its policy gives one tensor of logits for each choice, in a list.
    """

    def __init__(self, trees: Sequence[Tree], log_sigma: nn.Parameter | None, has_many_choices: bool) -> None:
        self._trees = trees
        self.log_sigma = log_sigma
        self._has_many_choices = has_many_choices

    @classmethod
    def of(cls, network: Any) -> "PlainNetwork | None":
        """The same network by its layers; None where it has parts that only autograd knows."""
        if type(network) is not A2CBuilder.Network or network.has_cnn or network.has_rnn:
            return None
        actor, critic = layers_of(network.actor_mlp), layers_of(network.critic_mlp)
        heads, log_sigma = _policy_heads(network), network.sigma if network.is_continuous else None
        outer = [network.value_act, *([network.mu_act, network.sigma_act] if network.is_continuous else [])]
        is_plain = (
            bool(actor and (critic or not network.separate))
            and all(type(head) is nn.Linear for head in (*heads, network.value))
            and all(type(each) is nn.Identity for each in outer)
            and not isinstance(log_sigma, nn.Module)
            and all(each.requires_grad for each in network.parameters())
        )
        if not is_plain:
            return None
        value = network.value
        split = [Tree(actor, heads), Tree(critic, [value])] if network.separate else None
        return cls(split or [Tree(actor, [*heads, value])], log_sigma, network.is_multi_discrete)

    def forward(self, obs: Tensor) -> tuple[list[Tensor], Tensor, Given]:
        """[B, D] -> logits or mean of each policy head [B, H], value [B, K], and what `backward` needs."""
        said = [tree.forward(obs) for tree in self._trees]
        *heads, value = [head for heads, _ in said for head in heads]
        return heads, value, [given for _, given in said]

    def output(self, heads: list[Tensor]) -> Any:
        """What `forward` said of the policy, as the network itself says it and `algos.ppo.heads` read it."""
        if self.log_sigma is None:
            return heads if self._has_many_choices else heads[0]
        # A copy: what was said stays, though the parameter moves on.
        return heads[0], self.log_sigma.detach().clone().expand_as(heads[0])

    def backward(self, heads: Sequence[Tensor], value: Tensor, given: Given) -> None:
        """Writes every layer's gradients from those of what `forward` said."""
        if len(self._trees) == 1:
            self._trees[0].backward([*heads, value], given[0])
        else:
            self._trees[0].backward(heads, given[0])
            self._trees[1].backward([value], given[1])


def _policy_heads(network: Any) -> list[Any]:
    if network.is_continuous:
        return [network.mu]
    return list(network.logits) if network.is_multi_discrete else [network.logits]
