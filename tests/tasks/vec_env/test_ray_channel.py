"""Workers on another node of a cluster play as those here do; what goes wrong there is told in one line."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cfg.errors import ClusterError, EnvFault
from cfg.schema import FATAL, FaultsConfig, RayConfig
from tasks.factory import EnvFactory
from tasks.lookup import find_spec
from tasks.make import VecEnvPlan, build_vec_env
from tasks.vec_env.sync import SyncVecEnv
from tests.odd_envs import odd_factory
from tests.ray_cluster import CPUS_A_NODE, ROOT, Cluster, settle
from tests.tasks.vec_env.playing import play, same
from tests.toy_envs import toy_factory

pytestmark = pytest.mark.ray

ACTIONS = np.random.default_rng(1).integers(0, 2, (60, 6))


def on_cluster(
    address: str,
    factory: EnvFactory,
    num_envs: int,
    num_workers: int | None,
    placement: str | None = "spread",
    faults: FaultsConfig = FATAL,
) -> Any:
    """A vector environment on the cluster, once what was there before is gone."""
    settle()
    cluster = RayConfig(address=address, placement=placement)
    return build_vec_env(
        "ray", VecEnvPlan(factory, num_envs, 0, num_workers=num_workers, ray=cluster, faults=faults)
    )


def cartpole() -> EnvFactory:
    return EnvFactory("CartPole-v1", find_spec("CartPole-v1"))


def is_here(vec: Any) -> list[bool]:
    """Of each worker, whether it is on the driver's node."""
    import ray

    here = ray.get_runtime_context().get_node_id()
    return [node == here for node in vec.nodes]


def played_cartpole(address: str, num_workers: int, placement: str) -> tuple[list[bool], list[Any]]:
    vec = on_cluster(address, cartpole(), 6, num_workers, placement)
    return is_here(vec), play(vec, ACTIONS)


@pytest.mark.parametrize(
    ("placement", "num_workers", "elsewhere"),
    [("pack", 1, 0), ("pack", 2, 0), ("pack", 4, 2), ("spread", 1, None), ("spread", 2, 1), ("spread", 4, 2)],
)
def test_neither_nodes_nor_workers_change_a_result(
    ray_cluster: Cluster, placement: str, num_workers: int, elsewhere: int | None
) -> None:
    expected = play(SyncVecEnv(cartpole(), 6, seed=0), ACTIONS)
    assert sum("episode" in step[3] for step in expected[1:]) > 5, "episodes end in unequal steps"
    here, results = ray_cluster.run(played_cartpole, num_workers, placement)
    # The nodes have two CPUs each: four workers do not fit on one.
    assert elsewhere in (None, here.count(False))
    assert same(expected, results)


def played_toy(address: str, name: str, actions: Any) -> tuple[list[bool], Any, Any, Any, Any, Any]:
    vec = on_cluster(address, toy_factory(name), 3, 2)
    has_masks = vec.has_action_masks()
    where, results = is_here(vec), play(vec, actions)
    masks = vec.get_action_masks() if has_masks else np.empty(0)
    return where, vec.get_env_info(), has_masks, results, masks, vec.notes


@pytest.mark.parametrize("name", ["Telling", "Rich", "Asymmetric", "InfoMasked"])
def test_every_kind_of_environment_plays_the_same_on_two_nodes(ray_cluster: Cluster, name: str) -> None:
    actions = np.zeros((7, 3, 2) if name == "InfoMasked" else (7, 3), np.int64)
    with SyncVecEnv(toy_factory(name), 3, seed=0) as here:
        told, has_masks = here.get_env_info(), here.has_action_masks()
        expected = [here.reset(), *(here.step(action) for action in actions)]
        masks = here.get_action_masks() if has_masks else np.empty(0)
    where, *there = ray_cluster.run(played_toy, name, actions)
    assert sorted(where) == [False, True], "one worker on each node"
    assert there[:2] == [told, has_masks]
    assert same(expected, there[2])
    assert np.array_equal(masks, there[3])
    assert there[4] == here.notes


def seeded_anew(address: str) -> list[Any]:
    with on_cluster(address, toy_factory("Dice"), 3, 2) as vec:
        first, second = vec.reset(), vec.reset()
        vec.seed(0)
        return [first, second, vec.reset()]


def test_seeding_anew_reaches_the_other_node(ray_cluster: Cluster) -> None:
    first, second, again = ray_cluster.run(seeded_anew)
    assert (first != second).any(axis=1).all()
    assert np.array_equal(first, again)


def left_open(address: str) -> tuple[int, float]:
    import ray

    with on_cluster(address, toy_factory("Countdown"), 8, None) as vec:
        vec.reset()
        return len(vec.nodes), ray.available_resources().get("CPU", 0.0)


def test_there_are_as_many_workers_as_free_cpus_and_each_takes_one(ray_cluster: Cluster) -> None:
    assert ray_cluster.run(left_open) == (2 * CPUS_A_NODE, 0.0)


def refused(address: str, *arguments: Any) -> tuple[type, str]:
    """How a vector environment on the cluster is refused."""
    try:
        on_cluster(address, *arguments).close()
    except (ClusterError, EnvFault) as error:
        return type(error), str(error)
    raise AssertionError("it was made")


def test_more_workers_than_cpus_of_the_cluster_are_refused_with_a_number_that_works(
    ray_cluster: Cluster,
) -> None:
    kind, line = ray_cluster.run(refused, toy_factory("Countdown"), 9, 9)
    assert kind is ClusterError
    assert line.startswith(
        "num_workers=9: the cluster has 4 CPUs, and each worker takes one -- use num_workers=4"
    )


def test_an_environment_that_cannot_be_made_there_says_why(ray_cluster: Cluster) -> None:
    kind, line = ray_cluster.run(refused, toy_factory("BrokenConstructor"), 2, 2)
    assert kind is EnvFault
    assert "BrokenConstructor cannot be made with {}: OSError: no robot on this port" in line
    assert not list(ray_cluster.folder.glob("rlgx-*")), "the code that was sent there is gone"


def waited_for_a_cpu(address: str) -> tuple[type, str, list[bool]]:
    from tasks.vec_env import ray_head

    plan = VecEnvPlan(toy_factory("Countdown"), 1, 0, ray=RayConfig(address=address))
    with on_cluster(address, toy_factory("Countdown"), 4, 2 * CPUS_A_NODE) as vec:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ray_head, "START_TIMEOUT_S", 2)
            with pytest.raises(ClusterError) as caught:
                build_vec_env("ray", plan)
        return type(caught.value), str(caught.value), vec.reset()[:, 0].tolist()


def test_a_cluster_without_a_free_cpu_is_waited_for_a_while(ray_cluster: Cluster) -> None:
    kind, line, first = ray_cluster.run(waited_for_a_cpu)
    assert kind is ClusterError
    assert line == (
        "Countdown: Ray started 0 of 1 workers in 2 s; 0 of its 4 CPUs are free -- "
        "wait until they are free, or use fewer workers"
    )
    assert first == [0.0] * 4, "who has the CPUs goes on"


FAR = """
import gymnasium as gym
{extra}
import far_helper
from tests.toy_envs import Countdown

class Robot(Countdown):
    def __init__(self):
        super().__init__(render_mode="ansi")

    def render(self):
        import tasks.factory
        return [__file__, far_helper.__file__, tasks.factory.__file__, far_helper.asset()]
"""
HELPER = """
from pathlib import Path

def asset():
    return (Path(__file__).parent / "arm.xml").read_text()
"""


def write_robot(place: Path, extra: str = "") -> None:
    """A module and a package with a data file, which no node knows."""
    (place / "far_helper").mkdir(parents=True)
    (place / "far_helper" / "__init__.py").write_text(HELPER)
    (place / "far_helper" / "arm.xml").write_text("<arm/>")
    (place / "far_robot.py").write_text(FAR.format(extra=extra))


def told_by_far_robot(address: str, path: str) -> tuple[list[bool], list[Any]]:
    from tasks.vec_env.channel import ask_all

    sys.path.append(path)
    try:
        import far_robot  # noqa: F401  # as judging the task does

        with on_cluster(address, EnvFactory("robot", "far_robot:Robot"), 2, 2) as vec:
            vec.reset()
            told = [vec._channels[index] for index in range(2)]
            return is_here(vec), ask_all(told, "render")
    finally:
        sys.path.remove(path)
        for name in ("far_robot", "far_helper"):
            del sys.modules[name]


def test_the_users_modules_and_our_own_reach_a_node_that_has_neither(
    ray_cluster: Cluster, tmp_path: Path
) -> None:
    write_robot(tmp_path)
    where, told = ray_cluster.run(told_by_far_robot, str(tmp_path))
    here, there = told[where.index(True)], told[where.index(False)]
    assert here[:3] == [
        str(tmp_path / "far_robot.py"),
        str(tmp_path / "far_helper" / "__init__.py"),
        str(ROOT / "tasks" / "factory.py"),
    ]
    folder = Path(there[0]).parent
    assert folder.name.startswith("rlgx-")
    assert [Path(path).relative_to(folder).as_posix() for path in there[:3]] == [
        *("far_robot.py", "far_helper/__init__.py", "tasks/factory.py")
    ]
    assert there[3] == here[3] == "<arm/>"
    assert not folder.exists(), "it goes with the worker"


def lacks_a_package(address: str, path: str, installed: str) -> tuple[type, str, list[str]]:
    import ray

    sys.path += [path, installed]
    try:
        import far_robot  # noqa: F401

        kind, line = refused(address, EnvFactory("robot", "far_robot:Robot"), 2, 2)
        return kind, line, [each["NodeID"][:8] for each in ray.nodes()]
    finally:
        del sys.path[-2:]
        for name in ("far_robot", "far_helper", "grippers"):
            del sys.modules[name]


def test_a_node_without_a_package_is_named_with_what_to_install(ray_cluster: Cluster, tmp_path: Path) -> None:
    write_robot(tmp_path / "mine", extra="import grippers")
    installed = tmp_path / "site-packages"
    (installed / "pygrippers-1.2.dist-info").mkdir(parents=True)
    (installed / "grippers.py").write_text("")
    (installed / "pygrippers-1.2.dist-info" / "METADATA").write_text("Name: pygrippers\nVersion: 1.2\n")
    (installed / "pygrippers-1.2.dist-info" / "RECORD").write_text("grippers.py,,\n")
    kind, line, nodes = ray_cluster.run(lacks_a_package, str(tmp_path / "mine"), str(installed))
    assert kind is ClusterError
    assert any(
        line.startswith(f"robot: node {node} (")
        and line.endswith("has no module grippers -- pip install pygrippers==1.2 there")
        for node in nodes
    ), line


def killed(address: str) -> tuple[type, str]:
    from tasks.vec_env.channel import ask_all

    with on_cluster(address, odd_factory("ProcessTeller"), 4, 2) as vec:
        vec.reset()
        there = is_here(vec).index(False)
        os.kill(ask_all(vec._channels, "render")[there], signal.SIGKILL)
        try:
            vec.step(np.zeros(4, np.int64))
        except EnvFault as error:
            return type(error), str(error)
    raise AssertionError("nobody noticed")


def test_the_death_of_a_worker_there_is_a_fault_in_one_line(ray_cluster: Cluster) -> None:
    kind, line = ray_cluster.run(killed)
    assert kind.exit_code == 4
    assert line.startswith("ProcessTeller: the worker of rows ")
    assert " died (its process is gone) -- " in line
    assert "\n" not in line


def test_a_training_on_the_cluster_ends_with_a_checkpoint(ray_cluster: Cluster, tmp_path: Path) -> None:
    ray_cluster.run(settled)
    words = f"task=CartPole vec_env=ray ray.address={ray_cluster.address} ray.placement=spread num_workers=2"
    command = [sys.executable, str(ROOT / "train.py"), *words.split(), "max_iterations=2", "run_dir=runs/a"]
    result = subprocess.run(
        command, cwd=tmp_path, env=ray_cluster.environment(), capture_output=True, text=True, timeout=110
    )
    assert result.returncode == 0, result.stderr
    assert json.loads((tmp_path / "runs" / "a" / "summary.json").read_text())["epochs"] == 2
    assert (tmp_path / "runs" / "a" / "nn" / "last.pth").exists()


def settled(_address: str) -> None:
    settle()


def open_on_two_nodes(address: str) -> None:
    global _open
    _open = on_cluster(address, toy_factory("Countdown"), 4, 2)
    assert not all(is_here(_open))
    _open.reset()


def step_on_two_nodes(_address: str) -> tuple[type, str]:
    try:
        _open.step(np.zeros(4, np.int64))
    except (EnvFault, ClusterError) as error:
        return type(error), str(error)
    finally:
        _open.close()
    raise AssertionError("nobody noticed")


def test_the_loss_of_a_node_is_a_fault_of_the_cluster(ray_cluster: Cluster) -> None:
    ray_cluster.run(open_on_two_nodes)
    ray_cluster.lose_a_node()
    try:
        kind, line = ray_cluster.run(step_on_two_nodes)
    finally:
        ray_cluster.gain_a_node()
    assert kind.exit_code == 7
    assert "the node of rows " in line
    assert "was lost -- bring it back, and go on with --resume" in line


def play_through_the_loss_of_a_worker_and_a_node(address: str) -> list[Any]:
    """Kills the worker on the other node, then says that the node may go; see the test."""
    global _open
    from tasks.vec_env.channel import ask_all

    _open = on_cluster(address, odd_factory("ProcessTeller"), 4, 2, faults=FaultsConfig())
    _open.reset()
    before = _open.step(np.zeros(4, np.int64))[0]
    there = is_here(_open).index(False)
    os.kill(ask_all(_open._channels, "render")[there], signal.SIGKILL)
    return [there, before, *_open.step(np.zeros(4, np.int64))]


def go_on_without_the_node(_address: str) -> list[Any]:
    with _open as vec:
        vec.step(np.zeros(4, np.int64))
        obs, _, done, infos = vec.step(np.zeros(4, np.int64))
        return [infos.get("restarts"), done.any(), is_here(vec), obs]


def test_rows_of_a_worker_there_and_then_of_its_node_go_to_new_actors(ray_cluster: Cluster) -> None:
    there, before, obs, reward, done, infos = ray_cluster.run(play_through_the_loss_of_a_worker_and_a_node)
    rows = slice(2 * there, 2 * there + 2)
    assert done[rows].all()
    assert infos["lost"].sum() == done.sum() == 2
    assert reward[rows].tolist() == [0.0, 0.0]
    assert infos["final_observation"][rows].tolist() == before[rows].tolist()
    assert obs[rows, 0].tolist() == [0.0, 0.0]
    ray_cluster.lose_a_node()
    try:
        restarts, _, here, _ = ray_cluster.run(go_on_without_the_node)
    finally:
        ray_cluster.gain_a_node()
    # The first actor anew may have found room on the driver's own node already.
    assert restarts in (None, 2)
    assert all(here)
