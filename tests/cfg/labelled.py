"""Configurations whose judgement is known: which are wrong, and why, and which are right.

What is wrong is read off the schema where it says so itself (a bound, a list of names, a kind of value), and
written by hand where keys contradict each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_origin

from cfg.schema import Config
from cfg.schema.describe import _variants, annotation_at, model_at
from cfg.schema.fields import Within
from tests.cfg.composing import SETTINGS
from tests.cfg.fuzzing import BASES, base, judged, values_of

_FREE = ("env_kwargs", "kwargs", "discrete", "multi_discrete")


@dataclass(frozen=True)
class Labelled:
    """A configuration whose judgement is known: a base with values put at places, or with overrides.

    Attributes:
        why: what is wrong with it; "" where nothing is.
        base: a name of BASES.
        place: of the changed value; () where `words` change it.
        value: put there; with `renamed`, the key itself is what changes.
        words: overrides.
    """

    why: str
    base: str
    place: tuple[Any, ...] = ()
    value: Any = None
    renamed: str = ""
    words: tuple[str, ...] = ()

    def judge(self) -> Config:
        """The configuration, if the validator accepts it. Raises RlgxError."""
        values = values_of(self.base)
        if self.words:
            return judged(values, self.words)
        section: Any = values
        for part in self.place[:-1]:
            section = section[part]
        if self.renamed:
            section[self.renamed] = section.pop(self.place[-1])
        else:
            section[self.place[-1]] = self.value
        return judged(values)


def labelled_wrong() -> list[Labelled]:
    """Configurations of which none may be accepted."""
    found = [each for name in BASES for each in (*_misspelt(name), *_beyond(name), *_of_another_kind(name))]
    return [*found, *_contradictions()]


def _keys(name: str) -> Iterator[tuple[Any, ...]]:
    """Every place of a base that the schema knows."""

    def walk(values: Any, above: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        for key, inner in values.items():
            yield (*above, key)
            if isinstance(inner, dict) and key not in _FREE:
                yield from walk(inner, (*above, key))

    yield from walk(base(name).model_dump(), ())


def _misspelt(name: str) -> Iterator[Labelled]:
    for place in _keys(name):
        key = place[-1]
        wrong = f"{key[:-1]}{key[-1]}{key[-1]}" if len(place) % 2 else f"{key[1:]}{key[0]}_"
        yield Labelled(f"there is no key {wrong}", name, place, renamed=wrong)


def _beyond(name: str) -> Iterator[Labelled]:
    """Numbers past the bounds that the schema declares."""
    for place in _keys(name):
        for kind, marks in _variants(annotation_at(type(base(name)), place)):
            for mark in (mark for mark in marks if isinstance(mark, Within)):
                step = 1 if kind is int else 1e-3
                outside = (
                    None if mark.at_least is None else mark.at_least - step,
                    None if mark.at_most is None else mark.at_most + step,
                    mark.above,
                )
                for value in (value for value in outside if value is not None):
                    yield Labelled(f"it has to be {mark}", name, place, value)


def _of_another_kind(name: str) -> Iterator[Labelled]:
    """A section, a list or a word where a number, a name or a truth value belongs."""
    for place in _keys(name):
        if model_at(type(base(name)), place) is not None or place[-1] in _FREE or place[0] in _FREE:
            continue
        kinds = [kind for kind, _ in _variants(annotation_at(type(base(name)), place))]
        if all(get_origin(kind) is Literal or kind in (int, float, bool, type(None)) for kind in kinds):
            yield Labelled("a section is no such value", name, place, {"a": 1})
            yield Labelled("nothing has that name", name, place, "zzz")


def _contradictions() -> Iterator[Labelled]:
    for name, why, words in WRONG_TOGETHER:
        yield Labelled(why, name, words=_words(words))


def labelled_right() -> list[Labelled]:
    """Configurations of which all have to be accepted."""
    return [Labelled("", name, words=_words(words)) for name, lines in RIGHT.items() for words in lines]


def _words(line: str) -> tuple[str, ...]:
    return tuple(word.replace("@", f"{SETTINGS}.").replace("_._", " ") for word in line.split())


# In these, @ is `train.params.config.`.
WRONG_TOGETHER = (
    ("ppo", "100 does not divide 1024", "@minibatch_size=100"),
    ("ppo", "larger than the batch", "@minibatch_size=4096"),
    ("ppo", "3 does not divide 1024", "@minibatch_size=3"),
    ("ppo", "batch 7 * 64 = 448", "@horizon_length=7 @minibatch_size=100"),
    ("ppo", "batch 16 * 7 = 112", "num_envs=7 @minibatch_size=64"),
    ("lstm", "5 does not divide 16", "@seq_length=5"),
    ("lstm", "longer than the rollout", "@seq_length=64"),
    ("lstm", "no whole sequences", "@seq_length=16 @minibatch_size=8"),
    ("ppo", "min above max", "@min_lr=1 @max_lr=0.1"),
    ("ppo", "adaptive without a target", "@lr_schedule=adaptive @kl_threshold=null"),
    ("ppo", "entropy needs linear", "@lr_schedule=constant @schedule_entropy=True"),
    ("ppo", "linear without an end", "@lr_schedule=linear @max_epochs=-1 @max_frames=-1"),
    ("ppo", "no workers in sync", "num_workers=2"),
    ("ppo", "more workers than envs", "vec_env=process num_workers=9 num_envs=8"),
    ("ppo", "more workers than envs", "vec_env=ray num_workers=65"),
    ("ppo", "a cluster without ray", "ray.address=auto"),
    ("ppo", "a placement without a cluster", "vec_env=ray ray.placement=spread"),
    ("ppo", "no simulator", "vec_env=simulator"),
    ("ppo", "no simulator", "sim_device=cuda"),
    ("simulator", "steps itself", "vec_env=sync"),
    ("simulator", "steps itself", "vec_env=ray"),
    ("simulator", "has no workers", "num_workers=2"),
    ("simulator", "two devices", "sim_device=cuda rl_device=cpu"),
    ("simulator", "draws nothing", "capture_video=True"),
    ("ppo", "an env of its own", "env=Acrobot-v1"),
    ("ppo", "learns nothing", "policy=random"),
    ("ppo", "learns nothing", "policy=zero"),
    ("ppo", "nothing to play", "mode=play"),
    ("ppo", "nothing to evaluate", "mode=eval"),
    ("ppo", "nothing is filmed", "capture_video_len=9"),
    ("ppo", "nothing is filmed", "capture_video_freq=9"),
    ("eval", "one film", "capture_video=True capture_video_freq=9"),
    ("eval", "no new run", "run_dir=runs/a"),
    ("eval", "window or film", "mode=play capture_video=True headless=False"),
    ("eval", "no checkpoint", "policy=checkpoint"),
    ("ppo", "one run", "jobs=2"),
    ("ppo", "outside runs", "run_dir=elsewhere/a"),
    ("ppo", "outside runs", "run_dir=runs/../a"),
    ("ppo", "no directory", "experiment=a/b"),
    ("ppo", "no model of PPO", "train.params.model.name=soft_actor_critic"),
    (
        "ppo",
        "agent and model differ",
        "train.params.algo.name=a2c_continuous train.params.model.name=discrete_a2c",
    ),
    ("ppo", "no algorithm", "train.params.algo.name=ppoo"),
    ("ppo", "no effect", "train.params.load_checkpoint=True"),
    ("ppo", "SAC's bounds", "++train.params.network.log_std_bounds=[-5,2]"),
    ("ppo", "nothing to normalise", "++train.params.network.mlp.norm_only_first_layer=True"),
    ("ppo", "no norm of a batch", "++train.params.network.normalization=batch_norm"),
    ("ppo", "no network", "train.params.network.name=actor_critik"),
    ("ppo", "no units", "train.params.network.mlp.units=[64,0]"),
    ("ppo", "takes no val", "++train.params.network.mlp.initializer.val=1"),
    ("ppo", "no such initializer", "train.params.network.mlp.initializer.name=orthogonl"),
    ("cnn", "no convolutions", "train.params.network.cnn.convs=null"),
    ("cnn", "three sides", "train.params.network.cnn.convs.0.kernel_size=[1,2,3]"),
    ("lstm", "no such layer", "train.params.network.rnn.name=rnn"),
    ("sac", "fewer than are drawn", "@replay_buffer_size=1000 @batch_size=2000"),
    ("sac", "fewer than the warm-up", "@replay_buffer_size=500 @num_warmup_frames=1000"),
    ("sac", "no mean of its own noise", "sigma=0.5"),
    ("sac", "a range upside down", "train.params.network.log_std_bounds=[2,-5]"),
    ("sac", "two names", "++@num_updates_per_step=2 @utd_ratio=1"),
    ("sac", "PPO's key", "++@tau=0.9"),
    ("sac", "one network", "train.params.network.separate=False"),
    ("ppo", "SAC's key", "++@critic_tau=0.9"),
    ("ppo", "rl_games' own key", "++@device=cuda:0"),
    ("ppo", "rl_games' own key", "++@name=mine"),
    ("ppo", "not built", "++multi_gpu=True"),
    ("ppo", "not built", "++wandb_activate=True"),
    ("ppo", "two numbers for one", "num_envs=8 @num_actors=16"),
    ("ppo", "two seeds", "seed=1 train.params.seed=2"),
    ("ppo", "code", "++env_kwargs.a._target_=os.system"),
    ("ppo", "code", "++_target_=os.system"),
    ("ppo", "a resolver", "++env_kwargs.a=${oc.env:HOME}"),
    ("ppo", "no module", "imports=[./a.py]"),
    ("ppo", "no observer", "observers=[nobody]"),
    ("ppo", "no module:attribute", "task.env=null task.entry_point=os.system"),
    ("ppo", "no device", "device=cuda:x"),
    ("ppo", "no address", "vec_env=ray ray.address=head"),
    ("ppo", "no port", "vec_env=ray ray.address=head:99999"),
)
RIGHT = {
    "ppo": (
        *("seed=0", "seed=-1", "seed=4294967295", "num_envs=1", "num_envs=7", "num_envs='16'"),
        *("@gamma=0", "@gamma=1", "@tau=1", "@minibatch_size=1024", "@minibatch_size=1", "max_frames=1e6"),
        *("@lr_schedule=linear max_iterations=5", "@lr_schedule=null", "@entropy_coef=-0.01"),
        *("vec_env=process num_workers=2", "vec_env=ray num_workers=2", "vec_env=ray ray.address=auto"),
        *("vec_env=ray ray.address=10.0.0.1:6379 ray.placement=spread", "device=cuda:3", "experiment=mine"),
        *("run_dir=runs/a/b", "experiment=a_._b.c", "capture_video=True capture_video_len=9", "eval_every=0"),
        *("++env_kwargs.anything.at.all=1", "imports=[a.b]", "observers=[a.b:C]", "max_wall_s=0.5"),
        *("task.env=null task.entry_point=a.b:C", "task.wrappers=[a:B]", "@reward_shaper.min_val=-.inf"),
        *("train.params.network.mlp.units=[1]", "train.params.network.mlp.activation=null", "sigma=-1"),
        *("max_iterations=1", "torch_deterministic=True", "headless=True", "@horizon_length=1 num_envs=3"),
        *("keep_last=0", "@max_epochs=-1 @lr_schedule=constant", "@minibatch_size=128"),
    ),
    "lstm": ("@seq_length=16", "@seq_length=8", "@seq_length=1 @minibatch_size=64"),
    "cnn": ("num_envs=2", "train.params.network.cnn.convs.0.kernel_size=[3,5]", "seed=1"),
    "sac": ("@batch_size=1", "@utd_ratio=0.1", "@exploration_correlation=0.9999", "num_envs=2"),
    "simulator": ("num_envs=5", "device=cuda:1", "sim_device=cpu rl_device=cpu"),
    "eval": ("policy=zero", "episodes=1", "mode=play", "capture_video=True", "deterministic=False"),
}
