"""The cross-entropy method's settings, `train.params.config`; cfg/train/base/cem.yaml explains each."""

from cfg.errors import ConfigError
from cfg.schema import Config
from cfg.schema.fields import Count, Fraction, NonNegative, Positive
from cfg.schema.settings import CommonSettings


class CEMSettings(CommonSettings):
    """All that the method reads, besides what every algorithm has."""

    elite_fraction: Fraction
    episodes_per_candidate: Count
    initial_sigma: Positive
    extra_sigma: NonNegative
    extra_sigma_epochs: Count

    def elites(self, candidates: int) -> int:
        """How many of the candidates are kept."""
        return round(self.elite_fraction * candidates)


def _elites_have_a_spread(config: Config[CEMSettings], _explicit: frozenset[str]) -> None:
    settings = config.settings
    if settings.elites(config.num_envs) < 2:
        raise ConfigError(
            f"train.params.config.elite_fraction={settings.elite_fraction} of num_envs={config.num_envs} "
            "candidates leaves fewer than two elites, which have no spread",
            f"write elite_fraction={min(1.0, 2 / config.num_envs):g} or more, or raise num_envs",
        )


RULES = (_elites_have_a_spread,)
