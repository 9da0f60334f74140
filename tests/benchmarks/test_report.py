"""Figures worked out by hand against the cells of the tables."""

from benchmarks.report import (
    as_markdown,
    race_sheets,
    ratio,
    sac_sheet,
    throughput_sheet,
    training_sheet,
)


def result(*speeds: float, worker: dict[str, float] | None = None):
    memory = {"driver": {"rss_mib": 50.0, "pss_mib": 40.0}} | ({"worker": worker} if worker else {})
    return {
        "status": "ok",
        "version": "gymnasium 1.4.0",
        "prepare_s": 0.25,
        "start_up_s": 1.5,
        "steps_per_s": list(speeds),
        "memory": memory,
    }


MATCH = {
    "env": "CartPole-v1",
    "num_envs": 8,
    "num_workers": 2,
    "cores": 2,
    "contestants": {
        "bare": result(100.0, 200.0, 50.0),
        "bare_all": result(160.0, 320.0, 80.0),
        "process": result(120.0, 200.0, 90.0, worker={"count": 2, "rss_mib": 41.6, "pss_mib": 22.5}),
        "gym_async": result(10.0, 20.0, 30.0),
        "sb3": {"status": "absent", "reason": "the package stable_baselines3 is not installed"},
    },
}


def cells(sheet) -> dict[str, dict[str, str]]:
    return {row[0]: dict(zip(sheet.columns, row, strict=True)) for row in sheet.rows}


def test_a_ratio_is_the_median_of_the_rounds_and_not_that_of_the_medians():
    # 1/2, 4/4, 9/3 have the median 1; the medians 4 and 3 would give 1.33.
    assert ratio([1.0, 4.0, 9.0], [2.0, 4.0, 3.0]) == 1.0


def test_the_row_of_a_contestant():
    table = cells(throughput_sheet(MATCH))
    assert table["rlgx process"] == {
        "": "rlgx process",
        "steps/s": "120",
        "of limit": "0.60",  # of two cores: 120/200 = 0.6, 200/400 = 0.5, 90/100 = 0.9
        "of bare": "0.75",  # 120/160 = 0.75, 200/320 = 0.625, 90/80 = 1.125
        "x async": "10.00",  # 12, 10, 3
        "x RAY": "",
        "import s": "0.2",
        "start s": "1.50",
        "worker MiB": "2 x 42 (22)",
    }
    assert table["AsyncVectorEnv"]["x async"] == "1.00"


def test_who_did_not_play_has_no_row_but_a_reason():
    sheet = throughput_sheet(MATCH)
    assert "SubprocVecEnv" not in cells(sheet)
    assert sheet.missing == ("SubprocVecEnv: absent: the package stable_baselines3 is not installed",)


def test_without_the_bare_loop_there_is_no_limit():
    alone = {**MATCH, "contestants": {"process": MATCH["contestants"]["process"]}}
    assert cells(throughput_sheet(alone))["rlgx process"]["of limit"] == ""


def test_training_is_compared_with_the_better_of_both_vector_environments():
    learners = {
        "process": {"status": "ok", "steps_per_s": [30.0, 60.0, 90.0]},
        "sb3_dummy": {"status": "ok", "steps_per_s": [20.0, 20.0, 20.0]},
        "sb3_subproc": {"status": "ok", "steps_per_s": [90.0, 10.0, 10.0]},
        "cleanrl": {"status": "absent", "reason": "name a checkout of it with --cleanrl"},
    }
    table = cells(training_sheet({"frames": 2048, "learners": learners}))
    # DummyVecEnv has the higher median, 20 against 10: 30/20 = 1.5, 60/20 = 3, 90/20 = 4.5.
    assert table["rlgx, process, 2 workers"]["x Stable-Baselines3"] == "3.00"
    assert table["rlgx, process, 2 workers"]["x CleanRL"] == ""


def test_sac_is_compared_with_stable_baselines3_of_the_same_round():
    learners = {
        "rlgx": {"status": "ok", "steps_per_s": [30.0, 60.0, 90.0]},
        "sb3": {"status": "ok", "steps_per_s": [20.0, 20.0, 45.0]},
    }
    sheet = sac_sheet({"env": "Pendulum-v1", "threads": 2, "frames": 3000, "learners": learners})
    assert sheet.title == "SAC on Pendulum-v1, 3,000 frames, 2 threads"
    # 1.5, 3 and 2, where the medians alone would give 3.
    assert cells(sheet)["rlgx"] == {"": "rlgx", "updates/s": "60", "x Stable-Baselines3": "2.00"}


def racer(*seconds: float, reached: int, threads: int = 1):
    """One whose first `reached` seeds reached the target, each after 1,000 frames."""
    runs = [
        {"seconds": each, "reached": index < reached, "frames": 1000} for index, each in enumerate(seconds)
    ]
    return {"status": "ok", "version": "torch 2", "threads": threads, "runs": runs}


RACE = {
    "title": "PPO on CartPole-v1 to 475",
    "every": 5000,
    "budget": 500000,
    "seconds": 300.0,
    "racers": {
        "rlgx": racer(14.0, 10.0, 12.0, reached=3),
        "sb3": racer(30.0, 24.0, 60.0, reached=2, threads=2),
        "cleanrl": racer(20.0, 110.0, 120.0, reached=1),
        "rl_games": {"status": "absent", "reason": "it is not there"},
    },
}


def test_who_does_not_reach_the_target_with_most_seeds_has_taken_longer_than_its_budget():
    _, sheet = race_sheets([RACE])
    table = cells(sheet)
    assert table["rlgx"]["seconds"] == "12.0" and table["rlgx"]["fastest and slowest seed"] == "10.0, 14.0"
    # Of 24, 30 and one that never arrives the median is 30, and 30/12 = 2.5.
    assert table["Stable-Baselines3"]["seconds"] == "30.0" and table["Stable-Baselines3"]["x rlgx"] == "2.50"
    assert (table["Stable-Baselines3"]["reached"], table["Stable-Baselines3"]["threads"]) == ("2 of 3", "2")
    # One of three: the median never arrives, and had trained for 110 s; 110/12 = 9.17.
    assert table["CleanRL"]["seconds"] == "> 110.0" and table["CleanRL"]["x rlgx"] == "> 9.17"
    assert sheet.missing == ("rl_games' agent: absent: it is not there",)


def test_at_a_glance_rlgx_is_compared_with_the_fastest_that_arrives():
    glance, _ = race_sheets([RACE])
    (row,) = glance.rows
    assert row == ("PPO on CartPole-v1 to 475", "12.0", "30.0", "> 110.0", "", "2.50")


def test_where_rlgx_does_not_arrive_nothing_is_said_to_take_longer():
    lost = {**RACE, "racers": {**RACE["racers"], "rlgx": racer(9.0, 9.0, 9.0, reached=0)}}
    glance, sheet = race_sheets([lost])
    assert glance.rows[0][-1] == "" and {row[-1] for row in sheet.rows} == {""}


def test_the_markdown_table_has_a_title_and_as_many_cells_in_each_line():
    sheet = throughput_sheet(MATCH)
    lines = as_markdown(sheet).splitlines()
    assert lines[0] == "**CartPole-v1, 8 environments, 2 workers**"
    assert {line.count("|") for line in lines if line.startswith("|")} == {len(sheet.columns) + 1}
    assert lines[-1] == "- SubprocVecEnv: absent: the package stable_baselines3 is not installed"
