"""A train choice: rl_games' `params` with an algorithm's learning settings. Learns nothing."""

from typing import Generic, Literal

from typing_extensions import TypeVar

from cfg.schema.fields import Frozen, Natural, Seed
from cfg.schema.network import NetworkBlock
from cfg.schema.settings import CommonSettings

Settings = TypeVar("Settings", bound=CommonSettings, default=CommonSettings, covariant=True)


class Algo(Frozen):
    """Which agent learns: an algorithm's name, or one of rl_games' for it."""

    name: str


class Model(Frozen):
    """Which distribution the actions have; `auto` takes the one that fits them."""

    name: str


class Params(Frozen, Generic[Settings]):
    """rl_games' shape: an rl_games YAML's `params` can stand here."""

    seed: Seed | None = None
    torch_threads: Natural | Literal["auto"] = "auto"
    load_checkpoint: bool = False
    load_path: str | None = None
    algo: Algo
    model: Model = Model(name="auto")
    network: NetworkBlock | None = None
    config: Settings


class TrainConfig(Frozen, Generic[Settings]):
    """A file of cfg/train; `name` is the file's."""

    name: str
    params: Params[Settings]
