"""JSON to models and back.

Nakama speaks proto3 JSON: empty fields are absent, 64-bit integers may come as strings, and JSON
that belongs to the game (`content`, `metadata`, `wallet`) comes as text inside of the JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any, Generic, NoReturn, TypeVar, get_type_hints

import attrs
import msgspec

from nakama_client.errors import ArgumentError, InvalidJson, UnreadableItem
from nakama_client.redaction import hide, hide_tokens

T = TypeVar("T")

# What msgspec raises for bytes that are not the JSON it wants; RecursionError for deep nesting.
DECODE_ERRORS = (msgspec.DecodeError, ValueError, RecursionError)


class _EveryDict(type):
    """Lets any dict pass for a `JsonObject`, which is what the decoder asks after its hook."""

    __instancecheck__ = dict.__instancecheck__


class JsonObject(dict[str, Any], metaclass=_EveryDict):
    """The type of a model's field that is a JSON object, which the server sends as text.

    The value is a plain dict. When the text holds no JSON object, every look inside raises
    `InvalidJson` with the text; the message around it stays readable.
    """


_decode_any = msgspec.json.Decoder().decode


def _decode_object(_: type[Any], text: str) -> dict[str, Any]:
    """Read a `JsonObject`, the one type msgspec does not know; "" and `null` are empty objects."""
    try:
        value = _decode_any(text)
    except DECODE_ERRORS as error:
        return _BrokenJsonObject(text, f"not JSON ({error})") if text else {}
    if isinstance(value, dict):
        return value
    return {} if value is None else _BrokenJsonObject(text, "JSON, but no object")


class _BrokenJsonObject(dict[str, Any]):
    """A text that is no JSON object: it raises where a dict would answer."""

    __slots__ = ("_problem", "_raw")

    def __init__(self, raw: str, problem: str) -> None:
        # An entry, because json.dumps and its like ask an empty dict nothing more.
        super().__init__({"": raw})
        self._raw = raw
        self._problem = problem

    def _refuse(self, *_: object) -> NoReturn:
        raise InvalidJson(self._raw, self._problem)

    def __repr__(self) -> str:
        return f"<invalid JSON: {hide_tokens(self._raw[:4096])[:200]!r}>"

    def __reduce__(self) -> tuple[type[_BrokenJsonObject], tuple[str, str]]:
        return type(self), (self._raw, self._problem)

    __contains__ = __eq__ = __getitem__ = __iter__ = __len__ = _refuse
    __ne__ = __or__ = __ror__ = __ior__ = __reversed__ = _refuse
    copy = get = items = keys = pop = popitem = _refuse
    setdefault = update = values = _refuse  # type: ignore[assignment]
    __hash__ = None


def wire_struct(model: type[Any], **names: str) -> type[Any]:
    """A struct that reads a model some of whose fields have other names in Nakama, as `self`.

    Args:
        model: An attrs class; `as_model` makes one of what was read.
        names: Nakama's names, by the model's.
    """
    hints = get_type_hints(model)
    fields = [(each.name, hints[each.name], _default_of(each)) for each in attrs.fields(model)]
    return msgspec.defstruct(model.__name__, fields, rename=names)


def _default_of(attribute: attrs.Attribute[Any]) -> Any:
    factory = getattr(attribute.default, "factory", None)
    if factory is not None:
        return msgspec.field(default_factory=factory)
    return msgspec.field(default=attribute.default)


def as_model(model: type[T], read: Any) -> T:
    """The model of what was read into its `wire_struct`."""
    return model(**msgspec.structs.asdict(read))


_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def decoder_of(model: type[T]) -> msgspec.json.Decoder[T]:
    """A new decoder that reads a model as Nakama writes it; for it, null is another shape."""
    return msgspec.json.Decoder(model, strict=False, dec_hook=_decode_object)


def decode(data: bytes | msgspec.Raw, model: type[T]) -> T:
    """Read JSON into a model; unknown fields are ignored, and null is an absent field.

    Raises:
        DECODE_ERRORS: It is not JSON, or has another shape.
    """
    decoder = _DECODERS.get(model)
    if decoder is None:
        decoder = _DECODERS[model] = decoder_of(model)
    value: T
    try:
        value = decoder.decode(data)
    except msgspec.ValidationError:
        plain = _decode_any(data)
        without = _without_nulls(plain)
        if without == plain:
            raise
        value = msgspec.convert(without, model, strict=False, dec_hook=_decode_object)
    return value


class Salvaged(msgspec.Struct, Generic[T], frozen=True):
    """What can be read of an answer or a frame.

    Attributes:
        value: The model, without the items that can't be read.
        unreadable: Those items.
        is_nothing_left: Whether every item was one of those.
    """

    value: T
    unreadable: tuple[UnreadableItem, ...] = ()
    is_nothing_left: bool = False


class _HasId(msgspec.Struct):
    id: str = ""


def decode_items(
    data: bytes | msgspec.Raw, model: type[T], secrets: tuple[str, ...] = ()
) -> Salvaged[T]:
    """Read JSON into a model, without those items of its lists that can't be read.

    Args:
        data: A JSON object.
        model: What it is read into.
        secrets: What is taken out of the items' texts.

    Raises:
        DECODE_ERRORS: It is not JSON, or something else than an item has another shape.
    """
    try:
        return Salvaged(decode(data, model))
    except msgspec.ValidationError:
        # Only now each item by itself: nearly always all of them are good.
        members = decode(data, dict[str, msgspec.Raw])
    unreadable: list[UnreadableItem] = []
    count = 0
    good: dict[str, Any] = {}
    for name, raw in members.items():
        good[name] = raw
        if bytes(raw).startswith(b"["):
            items = decode(raw, list[msgspec.Raw])
            problems = [_problem(name, item, model, secrets) for item in items]
            good[name] = [
                item for item, found in zip(items, problems, strict=True) if found is None
            ]
            unreadable += (each for each in problems if each is not None)
            count += len(items)
    value = decode(msgspec.json.encode(good), model)
    return Salvaged(value, tuple(unreadable), is_nothing_left=0 < count == len(unreadable))


def _problem(
    name: str, item: msgspec.Raw, model: type[Any], secrets: tuple[str, ...]
) -> UnreadableItem | None:
    """What is wrong with one item of a model's list."""
    try:
        decode(msgspec.json.encode({name: [item]}), model)
    except DECODE_ERRORS as error:
        try:
            item_id = decode(item, _HasId).id
        except DECODE_ERRORS:
            item_id = ""
        raw = hide(bytes(item).decode(errors="replace"), secrets)
        problem = hide(str(error), secrets).replace("[0]", "[…]", 1)
        return UnreadableItem(item_id, raw, problem)
    return None


def _without_nulls(value: Any) -> Any:
    """Proto3 JSON may have null for any field; Nakama sends none, but a proxy before it may."""
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value]
    return value


def encode_payload(value: object) -> str:
    """Write a value of the game as JSON, and refuse what would be read back as another value.

    Args:
        value: Dicts with texts as keys, lists and tuples, texts, finite numbers, booleans and None.
            What is like a dict is written as one.

    Raises:
        ArgumentError: It holds something else; the message says where.
    """
    try:
        plain = _plain(value, "")
    except RecursionError:
        plain = None
    if plain is None and value is not None:
        raise ArgumentError("this can't be written as JSON: it is nested too deeply, or in itself")
    return encode(plain).decode()


def _plain(value: Any, path: str) -> Any:
    """A value of the types that JSON has, after a look at each part of it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if isfinite(value):
            return float(value)
        raise _not_in_json(path, f"the number {value}")
    if isinstance(value, list | tuple):
        return [_plain(each, f"{path}[{at}]") for at, each in enumerate(value)]
    if isinstance(value, Mapping):
        return {_key(key, path): _plain(value[key], f"{path}[{key!r:.40}]") for key in value}
    raise _not_in_json(path, f"of the type {type(value).__name__}")


def _key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise _not_in_json(path, f"a dict with a key of the type {type(key).__name__}")
    return str.__str__(key)


def _not_in_json(path: str, what: str) -> ArgumentError:
    where = f"value{path[:200]}" if path else "the value"
    return ArgumentError(
        f"this can't be written as JSON: {where} is {what}; JSON has dicts with text keys, "
        "lists, texts, finite numbers, booleans and None"
    )


def encode(value: object) -> bytes:
    """Write a value as JSON.

    Raises:
        ArgumentError: It can't be written as JSON.
    """
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        problem = str(error)
    # Outside of the block: the error of a text that is no Unicode holds the text.
    raise ArgumentError(f"this can't be written as JSON: {problem}")
