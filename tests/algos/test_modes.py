"""What a run says at its end."""

from algos.modes import _farewell


def said(status: str, epochs: int = 3) -> list[str]:
    summary = {"status": status, "epochs": epochs, "frames": 1536, "wall_s": 2.0, "best_eval": 21.0}
    return _farewell({**summary, "run": "runs/a run"}).splitlines()


def test_a_run_ends_with_the_command_that_shows_it():
    lines = said("budget")
    assert lines[0] == "budget after 3 epochs, 1,536 frames, 2.0 s: best evaluation 21.0"
    assert lines[1:] == ["watch it: python train.py --play --checkpoint 'runs/a run'"]


def test_an_interrupted_run_ends_with_the_command_that_goes_on():
    assert said("interrupted")[2] == "go on: python train.py --resume 'runs/a run'"


def test_one_epoch_is_no_epochs():
    assert said("solved", epochs=1)[0].startswith("solved after 1 epoch, ")
