"""rl_games' tables without torch's compiler."""

import subprocess
import sys

import torch

from tasks.uncompiled import uncompiled
from tests.source_tree import ROOT


def test_what_is_decorated_within_stays_as_it_is_and_later_compiles():
    compile_it = torch.compile
    with uncompiled():

        @torch.compile
        def double(number: int) -> int:
            return 2 * number

        assert type(double).__name__ == "function"
        assert double(2) == 4
    assert torch.compile is compile_it


def test_registering_an_environment_loads_no_compiler():
    code = "\n".join(
        [
            "import sys",
            "from cfg.compose import compose",
            "from cfg.flags import parse",
            "from tasks.registry import register",
            "register(compose(parse(['task=CartPole'])))",
            "assert 'rl_games.envs.test_network' in sys.modules",
            "print([name for name in sys.modules if name.startswith('torch._inductor')])",
        ]
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.stdout == "[]\n", done.stderr
