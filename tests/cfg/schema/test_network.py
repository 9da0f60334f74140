"""A network block is judged key by key and stays the dict that rl_games reads."""

import pytest

from tests.cfg.composing import composed, refused

BLOCK = "train.params.network"
HEAD = f"{BLOCK}.space.continuous"


def block(*words: str) -> dict:
    network = composed(*words).train.params.network
    assert type(network) is dict
    return network


def test_only_what_was_given_is_handed_on():
    assert block("network=mlp") == {
        "name": "actor_critic",
        "separate": True,
        "mlp": {"units": [64, 64], "activation": "tanh", "initializer": {"name": "default"}},
    }


def test_an_activation_of_null_is_rl_games_none():
    assert block("network=mlp", f"{BLOCK}.mlp.activation=null")["mlp"]["activation"] == "None"


def test_a_section_of_null_is_no_section():
    assert "rnn" not in block("network=lstm", f"{BLOCK}.rnn=null")


def test_a_head_may_be_given_as_rl_games_writes_it():
    assert block("network=mlp", f"{BLOCK}.space={{discrete: null}}")["space"] == {"discrete": None}
    sigma = "{name: const_initializer, val: -1}"
    head = block("network=mlp", f"{BLOCK}.space={{continuous: {{sigma_init: {sigma}, fixed_sigma: False}}}}")
    assert head["space"]["continuous"]["sigma_init"] == {"name": "const_initializer", "val": -1}


def test_a_shape_of_sigma_may_have_its_older_name():
    head = block("network=mlp", f"{HEAD}.sigma_parametrization=scalar")["space"]["continuous"]
    assert head == {"sigma_parametrization": "linear"}


def test_a_rectangular_kernel_is_two_numbers():
    kernel = f"{BLOCK}.cnn.convs.0.kernel_size"
    assert block("network=cnn", f"{kernel}=[3,5]")["cnn"]["convs"][0]["kernel_size"] == [3, 5]
    assert f"{kernel}=[1, 2, 3] is not allowed -- give an integer from 1 to 1048576 or a list" in refused(
        "network=cnn", f"{kernel}=[1,2,3]"
    )


@pytest.mark.parametrize(
    ("word", "says"),
    [
        (f"{BLOCK}.mlp.initializer={{name: orthogonal, gain: 2, val: 1}}", "orthogonal takes gain, not val"),
        (f"{BLOCK}.mlp.initializer={{name: const_initializer}}", "const_initializer needs val: write val"),
        (f"{BLOCK}.rnn={{name: identity, units: 8, layers: 1}}", "rnn.name=identity is not known"),
        (f"{BLOCK}.mlp.initializer={{name: orthogonl}}", 'did you mean "orthogonal"?'),
        (f"{BLOCK}.name=actor_critc", 'did you mean "actor_critic"?'),
        (f"{HEAD}.logstd_bounds=[2,-5]", "logstd_bounds is no range: write the lower one first"),
        (
            f"{HEAD}={{logstd_bounds: [-5, 2], sigma_parametrization: linear}}",
            "logstd_bounds acts on exp only, not on linear",
        ),
        (f"{HEAD}.min_sigma=-1", f"{HEAD}.min_sigma=-1 is not allowed"),
        (f"{BLOCK}.rnn={{name: lstm, units: 8}}", f"{BLOCK}.rnn.layers is missing -- give an integer from 1"),
    ],
)
def test_a_bad_block_is_told_in_one_line(word, says):
    assert says in refused("network=mlp", word)


def test_a_block_needs_its_name_before_its_parts():
    assert refused("train=PPO", f"{BLOCK}.mlp.units=[8]").startswith(f"{BLOCK}.name is missing")


def test_a_builder_that_nobody_registered_comes_before_the_keys_it_would_have_read():
    line = refused("network=mlp", f"{BLOCK}={{name: gated, units: 64}}")
    assert line.startswith(f"{BLOCK}.name=gated is not allowed -- choose from: actor_critic,")
    assert line.endswith("or name the module that registers it, as in imports=[my_networks]")
