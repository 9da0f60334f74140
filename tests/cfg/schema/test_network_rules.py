"""A network block that says what its builder does not do is refused, with the key."""

import pytest

from tests.cfg.composing import composed, refused

NETWORK = "train.params.network"
MLP = f"{NETWORK}.mlp"
CENTRAL = (
    "train.params.config.central_value_config={normalize_input: True, learning_rate: 0.001, mini_epochs: 1, "
    "clip_value: True, minibatch_size: 512, network: {name: actor_critic, %s"
    "mlp: {units: [8], activation: elu, initializer: {name: default}}}}"
)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["network=mlp", f"+{NETWORK}.normalization=batch_norm"],
            "batch_norm is not allowed -- write layer_norm",
        ),
        (
            ["network=mlp", f"+{MLP}.norm_only_first_layer=True"],
            "norm_only_first_layer=True: actor_critic does not read it",
        ),
        (
            ["network=residual_mlp", f"+{NETWORK}.normalization=layer_norm"],
            "normalization=layer_norm: residual blocks are normalised as they are -- leave it out",
        ),
        (
            [
                "network=residual_mlp",
                f"+{NETWORK}.normalization=layer_norm",
                f"+{MLP}.norm_only_first_layer=True",
            ],
            "norm_only_first_layer=True: actor_critic does not read it -- leave it out",
        ),
        (["network=residual_mlp", f"+{MLP}.d2rl=True"], "mlp has both residual and d2rl -- leave one"),
        (["network=residual_mlp", f"{MLP}.units=[]"], "mlp.residual=True with units=[]: there are no layers"),
        (
            ["network=mlp", f"+{NETWORK}.require_rewards=True"],
            "require_rewards=True: actor_critic does not read it",
        ),
        (
            ["network=impala", f"+{NETWORK}.normalization=layer_norm"],
            "layer_norm: resnet_actor_critic does not",
        ),
        (
            ["network=impala", f"+{NETWORK}.separate=True"],
            "separate=True: resnet_actor_critic does not read it",
        ),
        (
            ["network=impala", f"+{MLP}.residual=True"],
            "mlp.residual=True: resnet_actor_critic does not read it",
        ),
        (
            ["network=impala", f"+{NETWORK}.rnn={{name: lstm, units: 8, layers: 1, layer_norm: true}}"],
            "rnn.layer_norm=True: resnet_actor_critic does not read it",
        ),
        (
            ["network=impala", f"{NETWORK}.cnn.activation=elu"],
            "cnn.activation=elu: resnet_actor_critic does not",
        ),
        (
            ["network=impala", f"+{NETWORK}.cnn.initializer={{name: orthogonal}}"],
            "cnn.initializer={'name': 'orthogonal'}: resnet_actor_critic does not read it",
        ),
        (
            ["network=lstm", f"{NETWORK}.rnn.before_mlp=True"],
            "rnn.concat_input=True: actor_critic does not read it",
        ),
        (["network=mlp", f"+{NETWORK}.central_value=True"], "central_value=True leaves out the policy"),
        (
            [(CENTRAL % "").replace("actor_critic", "soft_actor_critic")],
            "network.name=soft_actor_critic builds no critic by itself -- write",
        ),
        (
            [
                *(CENTRAL % "rnn: {name: gru, units: 8, layers: 1}, ", "train.params.config.seq_length=512"),
                "train.params.config.horizon_length=512",
            ],
            "central_value_config.minibatch_size=512 is a single sequence of seq_length=512",
        ),
        (["train=SAC", "network=residual_mlp"], "network.mlp.residual does not go with SAC -- leave it out"),
        (
            ["network=cnn_small", f"+{NETWORK}.cnn.conv_depths=[16]"],
            "cnn.conv_depths=[16]: actor_critic does not read it -- leave it out",
        ),
        (
            [
                "network=impala",
                f"+{NETWORK}.cnn.convs=[{{filters: 4, kernel_size: 3, strides: 1, padding: 0}}]",
            ],
            "resnet_actor_critic does not read it -- leave it out",
        ),
        (
            [CENTRAL % "space: {continuous: {fixed_sigma: false}}, "],
            "central_value_config.network.space: a critic alone takes no actions -- leave it out",
        ),
        ([CENTRAL % "separate: true, "], "network.separate=True: a critic alone has nobody to part from"),
        (
            [CENTRAL % "require_rewards: true, "],
            "central_value_config.network.require_rewards=True: actor_critic",
        ),
        (["network=cnn", f"+{NETWORK}.inputs.camera.unit=[8]"], "inputs.camera.unit -- did you mean"),
        (
            ["network=cnn", f"+{NETWORK}.inputs.camera.units=[0]"],
            "inputs.camera.units.0=0 is not allowed -- give an integer",
        ),
    ],
)
def test_what_a_builder_does_not_do_is_refused(words: list[str], line: str) -> None:
    assert line in refused("task=CartPole", *words)


@pytest.mark.parametrize(
    "words",
    [
        ["network=mlp", f"+{NETWORK}.normalization=layer_norm", f"+{MLP}.norm_only_first_layer=True"],
        ["network=mlp", f"+{NETWORK}.normalization=layer_norm", f"+{MLP}.d2rl=True"],
        ["network=cnn", f"+{NETWORK}.normalization=layer_norm", f"+{MLP}.residual=True"],
        ["network=impala", f"+{NETWORK}.rnn={{name: lstm, units: 8, layers: 1}}"],
        ["network=impala", f"+{NETWORK}.cnn.initializer={{name: default}}"],
        ["network=lstm", f"{NETWORK}.rnn.before_mlp=True", f"{NETWORK}.rnn.concat_input=False"],
        [CENTRAL % "normalization: layer_norm, "],
    ],
)
def test_what_acts_is_taken(words: list[str]) -> None:
    composed("task=CartPole", *words)
