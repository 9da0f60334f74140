"""A network block as rl_games' builders read it. Builds nothing.

`space` may be left out: the algorithm adds the head that fits the actions.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, field_validator, model_validator

from cfg.errors import did_you_mean
from cfg.plugins import plugins
from cfg.schema.fields import Count, Frozen, JudgedBy, Natural, NonNegative, Real

BUILDERS = ("actor_critic", "resnet_actor_critic", "soft_actor_critic")
"""rl_games' builders; their blocks are judged here, those of plug-ins and `imports` by the builders."""


def _builder(name: str) -> str:
    if name not in BUILDERS:
        known = did_you_mean(name, {*BUILDERS, *plugins("networks", BUILDERS)})
        raise ValueError(f"{known}; or name the module that registers it, as in imports=[my_networks]")
    return name


Builder = Annotated[str, AfterValidator(_builder)]

Activation = Literal["relu", "tanh", "sigmoid", "elu", "selu", "swish", "gelu", "softplus", "None"]


def _null_is_none(value: object) -> object:
    """rl_games wants the text "None" and fails on null, which is what people write."""
    return "None" if value is None else value


NullableActivation = Annotated[Activation, BeforeValidator(_null_is_none)]


# What each initializer hands on to PyTorch; "default" leaves the layer's own start and reads nothing.
INITIALIZER_ARGUMENTS: dict[str, frozenset[str]] = {
    "default": frozenset({"scale", "gain"}),
    "const_initializer": frozenset({"val"}),
    "orthogonal": frozenset({"gain"}),
    "orthogonal_initializer": frozenset({"gain"}),
    "glorot_normal_initializer": frozenset({"gain"}),
    "glorot_uniform_initializer": frozenset({"gain"}),
    "variance_scaling_initializer": frozenset({"mode", "scale"}),
    "random_uniform_initializer": frozenset({"a", "b"}),
    "kaiming_normal": frozenset({"a", "mode", "nonlinearity"}),
}


class Initializer(Frozen):
    """How weights start: a name of rl_games' and what that initializer takes."""

    name: str
    val: Real | None = None
    gain: Real | None = None
    scale: Real | None = None
    a: Real | None = None
    b: Real | None = None
    mode: Literal["fan_in", "fan_out"] | None = None
    nonlinearity: Literal["relu", "leaky_relu", "tanh", "selu", "sigmoid", "linear"] | None = None

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in INITIALIZER_ARGUMENTS:
            raise ValueError(did_you_mean(name, INITIALIZER_ARGUMENTS))
        return name

    @model_validator(mode="after")
    def _takes_what_it_is_given(self) -> "Initializer":
        taken = INITIALIZER_ARGUMENTS[self.name]
        foreign = sorted(self.model_fields_set - taken - {"name"})
        if foreign:
            raise ValueError(f"{self.name} takes {', '.join(sorted(taken))}, not {foreign[0]}")
        if self.name == "const_initializer" and self.val is None:
            raise ValueError("const_initializer needs val: write val: 0.0 beside it")
        return self


class Regularizer(Frozen):
    """Present in every rl_games YAML and read by no rl_games code; weight_decay is what acts."""

    name: Annotated[Literal["None"], BeforeValidator(_null_is_none)] = "None"


class Mlp(Frozen):
    """Fully connected layers; `residual`, which is ours, makes each of `units` a residual block."""

    units: list[Count]
    activation: NullableActivation
    initializer: Initializer
    regularizer: Regularizer = Regularizer()
    d2rl: bool = False
    norm_only_first_layer: bool = False
    residual: bool = False


class Conv(Frozen):
    """One convolution."""

    filters: Count
    kernel_size: Count | Annotated[list[Count], Field(min_length=2, max_length=2)]
    strides: Count | Annotated[list[Count], Field(min_length=2, max_length=2)]
    padding: Natural | Annotated[list[Natural], Field(min_length=2, max_length=2)]


class Cnn(Frozen):
    """Convolutions before the fully connected layers; `conv_depths` belongs to resnet_actor_critic."""

    type: Literal["conv2d", "conv2d_spatial_softargmax", "conv2d_flatten", "coord_conv2d", "conv1d"] = (
        "conv2d"
    )
    activation: NullableActivation = "relu"
    initializer: Initializer = Initializer(name="default")
    regularizer: Regularizer = Regularizer()
    convs: list[Conv] | None = None
    conv_depths: list[Count] | None = None
    permute_input: bool = True


class Rnn(Frozen):
    """A recurrent layer before or after the fully connected ones."""

    name: Literal["lstm", "gru"]
    units: Count
    layers: Count
    layer_norm: bool = False
    before_mlp: bool = False
    concat_input: bool = False
    concat_output: bool = False


def _newer_name(value: object) -> object:
    """rl_games' HEAD takes both."""
    return "linear" if value == "scalar" else value


class Continuous(Frozen):
    """The head for Box actions: a mean and a standard deviation. rl_games knows the last three at HEAD."""

    mu_activation: NullableActivation = "None"
    sigma_activation: NullableActivation = "None"
    mu_init: Initializer = Initializer(name="default")
    sigma_init: Initializer = Initializer(name="const_initializer", val=0.0)
    fixed_sigma: bool = True
    min_sigma: NonNegative = 0.0
    logstd_bounds: Annotated[list[Real], Field(min_length=2, max_length=2)] | None = None
    sigma_parametrization: Annotated[Literal["exp", "softplus", "linear"], BeforeValidator(_newer_name)] = (
        "exp"
    )

    @model_validator(mode="after")
    def _bounds_act(self) -> "Continuous":
        if self.logstd_bounds and self.sigma_parametrization != "exp":
            raise ValueError(f"logstd_bounds acts on exp only, not on {self.sigma_parametrization}")
        if self.logstd_bounds and self.logstd_bounds[0] >= self.logstd_bounds[1]:
            raise ValueError("logstd_bounds is no range: write the lower one first, e.g. [-5, 2]")
        return self


class Space(Frozen):
    """The action head; rl_games looks only at which key is present."""

    discrete: dict[str, Any] | None = None
    multi_discrete: dict[str, Any] | None = None
    continuous: Continuous | None = None


def _no_batch_norm(value: object) -> object:
    if value == "batch_norm":
        raise ValueError("write layer_norm: statistics over a batch are not kept while the network acts")
    return value


class Branch(Frozen):
    """One part of a Dict observation before all are joined: an image's convolutions, then its own layers."""

    convs: list[Conv] | None = None
    units: list[Count] = []


class Network(Frozen):
    """A whole block, `train.params.network`; `inputs` is ours, by the keys of a Dict observation."""

    name: Builder
    separate: bool = False
    space: Space | None = None
    value_activation: NullableActivation = "None"
    normalization: Annotated[Literal["layer_norm"], BeforeValidator(_no_batch_norm)] | None = None
    central_value: bool = False
    joint_obs_actions: None = None
    require_rewards: bool = False
    require_last_actions: bool = False
    log_std_bounds: Annotated[list[Real], Field(min_length=2, max_length=2)] | None = None
    mlp: Mlp
    cnn: Cnn | None = None
    rnn: Rnn | None = None
    inputs: dict[str, Branch] | None = None


def _is_foreign(block: Mapping[str, Any], names_are_open: bool) -> bool:
    """Whether a block belongs to a builder of a plug-in, or to one that a module of `imports` registers."""
    name = block.get("name")
    if not isinstance(name, str) or name in BUILDERS:
        return False
    return names_are_open or name in plugins("networks", BUILDERS)


NetworkBlock = Annotated[dict[str, Any], JudgedBy(Network, unless=_is_foreign)]
