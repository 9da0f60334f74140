"""What a model allows at a dotted place: its keys, its kind of value. Reads annotations, judges nothing."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel

from cfg.schema.fields import JudgedBy, Within

Place = tuple[str | int, ...]

_KINDS = {
    bool: "True or False",
    int: "an integer",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "keys with values",
    type(None): "null",
}


def keys_at(model: type[BaseModel], place: Place) -> list[str]:
    """The keys of the section at `place`; none where its keys are free."""
    section = model_at(model, place)
    return sorted(section.model_fields) if section else []


def paths_of(model: type[BaseModel], key: str, prefix: str = "") -> Iterator[str]:
    """Every dotted path at which a section below `model` has `key`."""
    for name, annotation in _annotations(model).items():
        if name == key:
            yield f"{prefix}{name}"
        for inner in _sections(annotation):
            yield from paths_of(inner, key, f"{prefix}{name}.")


def allowed_at(model: type[BaseModel], place: Place) -> str:
    """The kinds and the range of a value at `place`, in words."""
    annotation = annotation_at(model, place)
    return " or ".join(_in_words(kind, metadata) for kind, metadata in _variants(annotation))


def literals_at(model: type[BaseModel], place: Place) -> list[str]:
    """The names to choose from at `place`; none where it is not a choice."""
    kinds = [kind for kind, _ in _variants(annotation_at(model, place))]
    return [str(name) for kind in kinds if get_origin(kind) is Literal for name in get_args(kind)]


def model_at(model: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """The section at `place`, or None where there is a plain value."""
    if not place:
        return model
    return next(_sections(annotation_at(model, place)), None)


def annotation_at(model: type[BaseModel], place: Place) -> Any:
    """The annotation at `place`, as far as the annotations go."""
    annotation: Any = model
    for part in place:
        inner = next(_sections(annotation), None)
        if inner is not None and part in inner.model_fields:
            annotation = _annotations(inner)[str(part)]
        elif isinstance(part, int) or has_any_names(annotation):
            annotation = next(_items(annotation), annotation)
    return annotation


def has_any_names(annotation: Any) -> bool:
    """Whether this is sections of one kind under names of the user's own."""
    return any(
        get_origin(kind) is dict and any(_sections(get_args(kind)[1])) for kind, _ in _variants(annotation)
    )


def _annotations(model: type[BaseModel]) -> dict[str, Any]:
    """Each field's annotation with its marks; the type hints of a generic model would be its variables."""
    return {name: _marked(field.annotation, field.metadata) for name, field in model.model_fields.items()}


def _marked(annotation: Any, marks: list[Any]) -> Any:
    for mark in marks:
        annotation = Annotated[annotation, mark]
    return annotation


def _variants(annotation: Any, metadata: tuple[Any, ...] = ()) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *outer = get_args(annotation)
        yield from _variants(inner, (*metadata, *outer))
    elif origin in (Union, types.UnionType):
        for variant in get_args(annotation):
            yield from _variants(variant, metadata)
    else:
        yield annotation, metadata


def _sections(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind, metadata in _variants(annotation):
        yield from (mark.model for mark in metadata if isinstance(mark, JudgedBy))
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind


def _items(annotation: Any) -> Iterator[Any]:
    for kind, _ in _variants(annotation):
        if get_origin(kind) in (list, dict):
            yield get_args(kind)[-1]


def _in_words(kind: Any, metadata: tuple[Any, ...]) -> str:
    if get_origin(kind) is Literal:
        return " | ".join(str(name) for name in get_args(kind))
    word = _KINDS.get(get_origin(kind) or kind, "keys with values")
    return " ".join([word, *(str(mark) for mark in metadata if isinstance(mark, Within))])
