"""What is simulated: tasks and the vector environments that run them. Importing it loads nothing."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks.make import make_vec_env

__all__ = ["make_vec_env"]


def __getattr__(name: str) -> Any:
    if name == "make_vec_env":
        from tasks.make import make_vec_env

        return make_vec_env
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
