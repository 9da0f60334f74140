"""The script itself, with one short training; and who is absent."""

import json

import pytest

from benchmarks import sac_speed
from benchmarks.render import section
from benchmarks.sac_learner import FEWEST_FRAMES, SAC_LEARNERS, Learner, Task, answer


def test_a_training_gives_its_speed_and_the_page_its_table(tmp_path, capsys):
    path = tmp_path / "figures.json"
    words = ["--envs", "Pendulum-v1", "--threads", "1", "--only", "rlgx", "--rounds", "1"]
    assert sac_speed.main([*words, "--frames", str(FEWEST_FRAMES), "--json", str(path)]) == 0
    assert "SAC on Pendulum-v1, 600 frames, 1 thread" in capsys.readouterr().out
    found = json.loads(path.read_text())
    (speed,) = found["sac"][0]["learners"]["rlgx"]["steps_per_s"]
    assert 1 < speed < 10_000
    assert f"| rlgx | {speed:,.0f} |" in section(found)


def test_the_clock_runs_once_learning_has_begun(monkeypatch):
    # Up to frame 300 actions are drawn; of what follows the first four looks at the clock are for first uses.
    # From frame 500 to 600 it is 100 steps in 2 s.
    points = [(frame, frame / 1000) for frame in range(50, 500, 50)]
    points += [(500, 10.0), (550, 11.0), (600, 12.0)]
    monkeypatch.setitem(SAC_LEARNERS, "rlgx", Learner("rlgx", lambda _: points, "rl-games"))
    assert answer("rlgx", Task("Pendulum-v1", 600, 1))["steps_per_s"] == 50.0


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--only", "ppo"], "ppo is no learner: choose from rlgx, sb3"),
        (["--frames", "599"], "--frames 599 is too short a training: give 600 or more"),
        (["--threads", "1,0"], "give numbers above 0"),
    ],
)
def test_a_wrong_word_is_told_in_a_line(words, line, capsys):
    with pytest.raises(SystemExit, match="2"):
        sac_speed.main(words)
    assert line in capsys.readouterr().err.splitlines()[-1]
