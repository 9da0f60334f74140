"""Leaves out the keys of a stock YAML that no code reads: those the schema does not know. Judges no value.

The schema knows every key that rl_games reads, which a test derives from its source.
"""

from typing import Any

from pydantic import BaseModel

from cfg.schema.describe import Place, keys_at

_ALLOWED_BUT_UNREAD = ("regularizer",)


def without_unread(
    values: Any, model: type[BaseModel], known: frozenset[str], place: Place = ()
) -> tuple[Any, list[str]]:
    """`values` without the keys that `model` does not know, and the dotted paths of those.

    Args:
        values: plain values.
        model: what they are judged by.
        known: dotted paths that stay although the model does not know them.
        place: where in the model they stand.
    """
    if isinstance(values, list):
        pairs = [without_unread(each, model, known, (*place, index)) for index, each in enumerate(values)]
        return [kept for kept, _ in pairs], [path for _, unread in pairs for path in unread]
    fields = keys_at(model, place)
    if not isinstance(values, dict) or not fields:
        return values, []
    kept: dict[str, Any] = {}
    unread: list[str] = []
    for key, value in values.items():
        path = ".".join(map(str, (*place, key)))
        if path in known:
            kept[key] = value
        elif key not in fields or key in _ALLOWED_BUT_UNREAD:
            unread.append(path)
        else:
            kept[key], below = without_unread(value, model, known, (*place, key))
            unread.extend(below)
    return kept, unread
