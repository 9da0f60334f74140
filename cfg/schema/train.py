"""A train choice: rl_games' `params` with the learning settings. Learns nothing."""

from typing import Annotated, Any, Literal

from cfg.schema.fields import Frozen, JudgedBy, Natural, Seed
from cfg.schema.network import Network
from cfg.schema.settings import Settings


class Algo(Frozen):
    """Which agent learns; all three names mean ours, the last two fix the kind of action."""

    name: Literal["ppo", "a2c_discrete", "a2c_continuous"]


class Model(Frozen):
    """Which distribution the actions have; `auto` takes the one that fits them."""

    name: Literal[
        "auto", "discrete_a2c", "multi_discrete_a2c", "continuous_a2c_logstd", "continuous_a2c_tanh"
    ]


class Params(Frozen):
    """rl_games' shape: an rl_games YAML's `params` can stand here."""

    seed: Seed | None = None
    torch_threads: Natural | Literal["auto"] = "auto"
    load_checkpoint: bool = False
    load_path: str | None = None
    algo: Algo
    model: Model
    network: Annotated[dict[str, Any], JudgedBy(Network)] | None = None
    config: Settings


class TrainConfig(Frozen):
    """A file of cfg/train; `name` is the file's."""

    name: str
    params: Params
