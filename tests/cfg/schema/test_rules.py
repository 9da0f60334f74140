"""Rules between keys name the key, its value and one that would work."""

import pytest

from tests.cfg.composing import SETTINGS, composed, refused

CENTRAL = (
    f"{SETTINGS}.central_value_config={{network: {{name: actor_critic, "
    "mlp: {units: [8], activation: elu, initializer: {name: default}}}, "
    "normalize_input: True, learning_rate: 1e-3, mini_epochs: 2, clip_value: True%s}"
)
SIGMA = "train.params.network.space.continuous"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            ["env=Acrobot-v1"],
            "env=Acrobot-v1 does not go with task=CartPole, which has its own -- write task=Gym",
        ),
        (["task=Gym"], "task=Gym needs an environment -- write env=<Gymnasium id>"),
        (["task=Gym", "env="], "env= is not allowed -- give text"),
        (["task.entry_point=a:B"], "task CartPole has both env and entry_point"),
        (
            ["task.env=null", "task.entry_point=runs.x.y:Z"],
            "runs.x.y:Z names code in runs/, which holds none",
        ),
        (["task.wrappers=[runs.x:Y]"], "runs.x:Y names code in runs/"),
        (["task.env=null", "task.simulator=runs.x:Y"], "runs.x:Y names code in runs/"),
        (["imports=[runs.x]"], "runs.x names code in runs/"),
        (["imports=[runs]"], "runs names code in runs/"),
        (["observers=[runs.x:Y]"], "runs.x:Y names code in runs/"),
        (["task=Gym", "env=runs.x:Env-v0"], "runs.x:Env-v0 names code in runs/"),
        (["task.env=runs.x:Env-v0"], "runs.x:Env-v0 names code in runs/"),
        (["--play"], "--play needs a checkpoint -- add --checkpoint runs/<run>, or --policy random"),
        (["--eval"], "--eval needs a checkpoint"),
        (["restore=all"], "restore=all says what checkpoint= brings to a new training -- add checkpoint="),
        (["policy=random"], "policy=random learns nothing -- add --eval or --play"),
        (
            ["capture_video_len=9"],
            "capture_video_len is set, but nothing is filmed -- add capture_video=True",
        ),
        (
            ["--eval", "policy=zero", "capture_video=True", "capture_video_freq=9"],
            "capture_video_freq means nothing to --eval, which makes one film -- leave it out",
        ),
        (
            ["--play", "policy=zero", "capture_video=True", "headless=False"],
            "headless=False and capture_video=True: an environment draws a window or a film, not both",
        ),
        (
            ["capture_video=True", "capture_video_freq=0"],
            "capture_video_freq=0 is not allowed -- give an integer of at least 1",
        ),
        (["jobs=2"], "jobs=2 without -m: there is one run -- add -m, or leave it out"),
        (["--eval", "policy=zero", "run_dir=runs/a"], "run_dir=runs/a: no new run is made here"),
        (["run_dir=a/b"], "run_dir=a/b is not allowed -- give a path below runs/, e.g. runs/mine"),
        (
            ["run_dir=runs/../a"],
            'run_dir=runs/../a is not allowed -- give one directory name: no "/", no ".."',
        ),
        (["num_workers=2"], "num_workers=2 means nothing to vec_env=sync -- add vec_env=process or"),
        (
            ["vec_env=ray", "num_workers=9", "num_envs=8"],
            "num_workers=9 is more than num_envs=8 -- write num_workers=8",
        ),
        (["sim_device=cuda"], "sim_device=cuda: task CartPole is no simulator -- leave it out"),
        (["ray.address=auto"], "ray.address=auto means nothing to vec_env=sync -- add vec_env=ray"),
        (
            ["vec_env=ray", "ray.placement=spread"],
            "ray.placement=spread without ray.address: the workers of a Ray that is started here",
        ),
        (
            [f"{SETTINGS}.minibatch_size=100"],
            f"{SETTINGS}.minibatch_size=100 must divide horizon_length * num_envs = 16 * 64 = 1024 -- "
            "use one of 16, 32, 64, 128",
        ),
        (
            ["network=lstm", f"{SETTINGS}.seq_length=5"],
            f"{SETTINGS}.seq_length=5 must divide horizon_length=16 -- use one of 1, 2, 4, 8",
        ),
        (
            ["network=lstm", f"{SETTINGS}.seq_length=16", f"{SETTINGS}.minibatch_size=8"],
            "= 1024 in whole sequences of 16 -- use one of 16, 32, 64, 128",
        ),
        (
            [f"{SETTINGS}.lr_schedule=adaptive", f"{SETTINGS}.kl_threshold=null"],
            f"{SETTINGS}.lr_schedule=adaptive needs kl_threshold -- write kl_threshold: 0.008",
        ),
        (
            ["num_envs=1", f"{SETTINGS}.horizon_length=1", f"{SETTINGS}.minibatch_size=1"],
            f"{SETTINGS}.horizon_length=1 with num_envs=1: one advantage has no deviation",
        ),
        (
            [f"{SETTINGS}.lr_schedule=linear", f"{SETTINGS}.min_lr=1e-2", f"{SETTINGS}.learning_rate=1e-3"],
            f"{SETTINGS}.min_lr=0.01 is above learning_rate=0.001, and a linear rate falls to it -- write",
        ),
        (
            [
                "train=PPO",
                f"{SETTINGS}.lr_schedule=constant",
                f"{SETTINGS}.min_lr=1",
                f"{SETTINGS}.max_lr=0.1",
            ],
            f"{SETTINGS}.min_lr=1.0 is above max_lr=0.1",
        ),
        (
            ["train=PPO", f"{SETTINGS}.lr_schedule=adaptive", f"{SETTINGS}.schedule_entropy=True"],
            f"{SETTINGS}.schedule_entropy=True needs lr_schedule=linear, not adaptive",
        ),
        (
            [
                f"{SETTINGS}.max_sigma=[1.0,0.2]",
                f"{SETTINGS}.max_epochs=-1",
                f"{SETTINGS}.lr_schedule=constant",
            ],
            f"{SETTINGS}.max_sigma=[1.0, 0.2] has no end to get to -- add max_iterations= or max_frames=",
        ),
        (
            [f"{SETTINGS}.max_sigma=[0.5,0.2]", "sigma=0"],
            "max_sigma=[0.5, 0.2] is below sigma=0.0, which is a logarithm -- use sigma=-0.7",
        ),
        (
            [f"{SETTINGS}.max_sigma=[0.1,0.05]", "sigma=-1"],
            "max_sigma=[0.1, 0.05] is below sigma=-1.0, which is a logarithm -- use sigma=-2.31",
        ),
        (
            ["network=mlp", f"{SETTINGS}.max_sigma=[0.5,0.2]", f"{SIGMA}.min_sigma=0.25"],
            "is not above the least sigma of train.params.network.space.continuous, 0.25 -- keep both above",
        ),
        (
            ["network=mlp", f"{SETTINGS}.max_sigma=[0.5,0.2]", f"{SIGMA}.logstd_bounds=[-1,1]"],
            "is not above the least sigma of train.params.network.space.continuous, 0.368 -- keep both above",
        ),
        (
            [f"{SETTINGS}.lr_schedule=linear", f"{SETTINGS}.max_epochs=-1"],
            f"{SETTINGS}.lr_schedule=linear has no end to fall to -- add max_iterations= or max_frames=",
        ),
        (
            ["train.params.algo.name=a2c_discrete", "train.params.model.name=continuous_a2c_logstd"],
            "train.params.model.name=continuous_a2c_logstd does not go with algo.name=a2c_discrete -- choose",
        ),
        (["train.params.load_checkpoint=True"], "train.params.load_checkpoint=True has no effect"),
        (["network=cnn", "train.params.network.cnn.convs=null"], "train.params.network.cnn.convs is missing"),
        ([CENTRAL % ", minibatch_size: 100"], "central_value_config.minibatch_size=100 must divide"),
        (
            ["max_frames=9e4", CENTRAL % ", lr_schedule: linear"],
            "lr_schedule=linear counts epochs -- add max_iter",
        ),
    ],
)
def test_a_broken_rule_is_told_in_one_line(words, line):
    assert line in refused(*words)


def test_a_default_minibatch_is_never_in_error():
    assert composed("num_envs=7", f"{SETTINGS}.horizon_length=13").settings.minibatch_size == 91


def test_a_size_that_was_offered_works():
    assert composed(f"{SETTINGS}.minibatch_size=128").settings.minibatch_size == 128


def test_a_central_value_without_a_minibatch_takes_the_whole_batch():
    config = composed(CENTRAL % "")
    assert config.settings.central_value_config["minibatch_size"] == 1024
