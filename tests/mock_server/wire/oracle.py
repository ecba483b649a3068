"""Google's own protobuf library, taught Nakama's messages from the recorded facts."""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    json_format,
    message,
    message_factory,
    timestamp_pb2,
    wrappers_pb2,
)

from tests.mock_server.wire.facts import FACTS

_PACKAGES = {"api": "nakama.api", "realtime": "nakama.realtime"}
_Proto = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "string": _Proto.TYPE_STRING,
    "bytes": _Proto.TYPE_BYTES,
    "bool": _Proto.TYPE_BOOL,
    "int32": _Proto.TYPE_INT32,
    "int64": _Proto.TYPE_INT64,
    "uint32": _Proto.TYPE_UINT32,
    "double": _Proto.TYPE_DOUBLE,
}


def parse(package: str, name: str, data: bytes) -> dict[str, Any] | None:
    """The JSON form of a message, or None where the bytes are none."""
    parsed = _class(package, name)()
    try:
        parsed.ParseFromString(data)
        return _document(parsed)
    except (message.DecodeError, json_format.SerializeToJsonError, ValueError):
        return None


def serialize(package: str, name: str, document: dict[str, Any]) -> bytes:
    """The binary form of a message in JSON form."""
    parsed = json_format.ParseDict(document, _class(package, name)())
    data: bytes = parsed.SerializeToString()
    return data


def _document(parsed: message.Message) -> dict[str, Any]:
    return json_format.MessageToDict(
        parsed, preserving_proto_field_name=True, use_integers_for_enums=True
    )


@cache
def _class(package: str, name: str) -> type[message.Message]:
    found = _pool().FindMessageTypeByName(f"{_PACKAGES[package]}.{name}")
    return message_factory.GetMessageClass(found)


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in (timestamp_pb2, wrappers_pb2):
        pool.AddSerializedFile(module.DESCRIPTOR.serialized_pb)
    pool.Add(_file("api"))
    pool.Add(_file("realtime", "api.proto"))
    return pool


def _file(package: str, *imports: str) -> descriptor_pb2.FileDescriptorProto:
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}.proto",
        package=_PACKAGES[package],
        syntax="proto3",
        dependency=[
            "google/protobuf/timestamp.proto",
            "google/protobuf/wrappers.proto",
            *imports,
        ],
    )
    facts = FACTS[package]
    used = {field.get("type") for fields in facts["messages"].values() for field in fields}
    for name, values in facts["enums"].items():
        if name in used:
            enum = file.enum_type.add(name=name)
            for value, number in values.items():
                enum.value.add(name=value, number=number)
    for name, fields in facts["messages"].items():
        if not name.startswith(("api.", "google.")):
            _add_message(file, package, name, fields)
    return file


def _add_message(
    file: descriptor_pb2.FileDescriptorProto, package: str, name: str, fields: list[dict[str, Any]]
) -> None:
    outer, _, inner = name.partition(".")
    if inner:  # a nested one may be told before or after the one around it
        around = next((each for each in file.message_type if each.name == outer), None)
        target = (around or file.message_type.add(name=outer)).nested_type.add(name=inner)
    else:
        known = next((each for each in file.message_type if each.name == name), None)
        target = known or file.message_type.add(name=name)
    oneofs: list[str] = []
    for field in fields:
        added = target.field.add(name=field["name"], number=field["n"], label=_Proto.LABEL_OPTIONAL)
        if "map" in field:
            added.label = _Proto.LABEL_REPEATED
            added.type = _Proto.TYPE_MESSAGE
            added.type_name = f".{_PACKAGES[package]}.{name}.{_add_entry(target, field)}"
        else:
            nested = f"{name}.{field['type']}"
            is_nested = nested in FACTS[package]["messages"]
            _set_type(added, package, nested if is_nested else field["type"])
        if field.get("repeated"):
            added.label = _Proto.LABEL_REPEATED
        if oneof := field.get("oneof"):
            if oneof not in oneofs:
                oneofs.append(oneof)
                target.oneof_decl.add(name=oneof)
            added.oneof_index = oneofs.index(oneof)


def _add_entry(target: descriptor_pb2.DescriptorProto, field: dict[str, Any]) -> str:
    name = "".join(part.capitalize() for part in field["name"].split("_")) + "Entry"
    entry = target.nested_type.add(name=name)
    entry.options.map_entry = True
    for number, (part, type_) in enumerate(zip(("key", "value"), field["map"], strict=True), 1):
        entry.field.add(name=part, number=number, type=_TYPES[type_], label=_Proto.LABEL_OPTIONAL)
    return name


def _set_type(added: descriptor_pb2.FieldDescriptorProto, package: str, type_: str) -> None:
    if type_ in _TYPES:
        added.type = _TYPES[type_]
    elif type_ in FACTS[package]["enums"]:
        added.type = _Proto.TYPE_ENUM
        added.type_name = f".{_PACKAGES[package]}.{type_}"
    else:
        added.type = _Proto.TYPE_MESSAGE
        if type_.startswith("google."):
            added.type_name = f".{type_}"
        elif type_.startswith("api."):
            added.type_name = f".nakama.{type_}"
        else:
            added.type_name = f".{_PACKAGES[package]}.{type_}"
