"""The server's rules for arguments, checked before anything is sent."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from nakama_client.config import is_async_function
from nakama_client.errors import ArgumentError

_UUID = re.compile(
    r"(urn:uuid:)?(\{)?([0-9a-f]{8}(-?)[0-9a-f]{4}\4[0-9a-f]{4}\4[0-9a-f]{4}\4[0-9a-f]{12})(?(2)\})",
    re.IGNORECASE,
)

# As Go's regular expressions have them: white space and control characters are those of ASCII.
_BLANK_OR_CONTROL = re.compile(r"[\x00-\x20\x7f]")
_NOT_IN_USERNAME = re.compile(r"[\x00-\x1f\x7f]|\[\]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EMAIL = re.compile(r".+@.+\..+")

# The longest texts that the server stores, in characters.
_LONGEST = {"avatar_url": 512, "lang_tag": 18}
_LONGEST_OTHER = 255


def check_text(name: str, text: object) -> str:
    """A text, of any length."""
    if not isinstance(text, str):
        raise ArgumentError(f"{name} must be a str, not {_kind(text)}")
    return text


def check_unicode(name: str, text: object) -> str:
    """A text that can be written as UTF-8."""
    if _SURROGATE.search(checked := check_text(name, text)):
        raise ArgumentError(f"{name} is not valid Unicode")
    return checked


def check_count(name: str, count: object, *, least: int = 1) -> int:
    """A whole number."""
    if not isinstance(count, int) or isinstance(count, bool):
        raise ArgumentError(f"{name} must be an int, not {_kind(count)}")
    if count < least:
        raise ArgumentError(f"{name} must be at least {least}, not {count}")
    return count


def check_seconds(name: str, seconds: object, *, zero: bool = False) -> float:
    """A time in seconds, which may be 0 or not."""
    if not isinstance(seconds, int | float) or isinstance(seconds, bool):
        raise ArgumentError(f"{name} must be a number of seconds, not {_kind(seconds)}")
    if not (seconds >= 0 if zero else seconds > 0):
        least = "0 seconds or more" if zero else "more than 0 seconds"
        raise ArgumentError(f"{name} must be {least}, not {seconds}")
    return seconds


def check_type(name: str, value: object, *kinds: type) -> None:
    """A value of one of these classes."""
    if not isinstance(value, kinds):
        wanted = " or ".join(kind.__name__ for kind in kinds)
        raise ArgumentError(f"{name} must be of the type {wanted}, not {_kind(value)}")


def check_function(name: str, function: object) -> None:
    """Something that can be called."""
    if not callable(function):
        raise ArgumentError(f"{name} must be a function, not {_kind(function)}")


def check_plain_function(name: str, function: object) -> None:
    """Something that can be called and is not async: nobody would await its coroutine."""
    check_function(name, function)
    if is_async_function(function):
        raise ArgumentError(f"{name} must be a plain function (`def`), not an async one")


def check_vars(vars: object) -> dict[str, str]:  # noqa: A002 - Nakama's own name
    """The variables of a session: texts by name."""
    if not isinstance(vars, Mapping):
        raise ArgumentError(f"vars must be a dict of texts, not {_kind(vars)}")
    return {check_text("a name in vars", name): check_text("vars", vars[name]) for name in vars}


def _kind(value: object) -> str:
    """What was given: its type, and never the value, which may be a secret."""
    return "None" if value is None else type(value).__name__


def check_limit(limit: int, maximum: int) -> int:
    """A page's limit, as Nakama allows it."""
    check_count("limit", limit, least=-(1 << 63))
    if not 1 <= limit <= maximum:
        raise ArgumentError(f"limit must be between 1 and {maximum}, not {limit}")
    return limit


def check_timeout(seconds: float | None) -> float | None:
    """A deadline in seconds, or None for the usual one."""
    return None if seconds is None else check_seconds("a timeout", seconds)


def check_size(name: str, text: str, *, shortest: int, longest: int) -> str:
    """A text of so many bytes in UTF-8."""
    check_text(name, text)
    if not text:
        raise ArgumentError(f"{name} is required")
    if _SURROGATE.search(text):
        raise ArgumentError(f"{name} is not valid Unicode")
    size = len(text.encode())
    if not shortest <= size <= longest:
        raise ArgumentError(f"{name} must have {shortest} to {longest} bytes, not {size}")
    return text


def check_login_id(name: str, text: str, *, shortest: int, longest: int) -> str:
    """What a player logs in with: so many bytes, without blanks and control characters."""
    check_size(name, text, shortest=shortest, longest=longest)
    if _BLANK_OR_CONTROL.search(text):
        raise ArgumentError(f"{name} may hold no blanks and no control characters")
    return text


def check_email(text: str) -> str:
    """An email address, as Nakama allows it."""
    check_login_id("the email", text, shortest=10, longest=255)
    if _EMAIL.fullmatch(text) is None:
        raise ArgumentError("the email must look like ada@example.com")
    return text


def check_password(password: str) -> str:
    """A password as Nakama allows it; the text of the error does not repeat it."""
    return check_size("the password", password, shortest=8, longest=72)


def check_username(text: str) -> str:
    """The name of an account."""
    check_size("the username", text, shortest=1, longest=128)
    if _NOT_IN_USERNAME.search(text):
        raise ArgumentError("the username may hold no control characters and no []")
    return text


def check_lengths(texts: Mapping[str, str]) -> None:
    """Texts of an account or a group, by the name of the field."""
    for field, text in texts.items():
        check_text(field, text)
        longest = _LONGEST.get(field, _LONGEST_OTHER)
        if len(text) > longest:
            raise ArgumentError(f"{field} may have {longest} characters, not {len(text)}")


def check_present(name: str, text: str) -> str:
    """A text that may not be empty."""
    check_text(name, text)
    if not text:
        raise ArgumentError(f"{name} is required")
    return text


def check_name(name: str, text: str, *, longest: int = 128) -> str:
    """A name that the server stores: 1 to so many characters, not bytes, and none of them NUL."""
    check_present(name, text)
    if len(text) > longest:
        raise ArgumentError(f"{name} may have {longest} characters, not {len(text)}")
    if "\0" in text:
        raise ArgumentError(f"{name} may not hold the character NUL")
    return text


def check_url(name: str, url: object) -> str:
    """The address of something that speaks HTTP."""
    checked = check_text(name, url)
    try:
        split = urlsplit(checked)
        is_one = split.scheme in {"http", "https"} and bool(split.hostname)
    except ValueError:
        is_one = False
    if not is_one:
        raise ArgumentError(f"{name} must look like http://127.0.0.1:8890")
    return checked


def check_path_name(name: str, text: str) -> str:
    """A name that stands in a path, where the server takes a slash, quoted or not, as its end."""
    if "/" in check_name(name, text):
        raise ArgumentError(f"{name} may not hold a slash: the server can't find it over HTTP")
    return text


def check_ids(name: str, ids: Iterable[str]) -> list[str]:
    """Ids that must be UUIDs, in canonical form."""
    texts = [check_text(f"each of {name}", each) for each in _several(name, "ids", ids)]
    return [check_id(name, each) for each in texts]


def _several(name: str, what: str, values: object) -> Iterable[str]:
    """Several texts, and not one."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        given = "one text" if isinstance(values, str) else _kind(values)
        raise ArgumentError(f"{name} must be several {what}, not {given}")
    return values


def check_id(name: str, text: str) -> str:
    """An id that must be a UUID, in canonical form."""
    match = _UUID.fullmatch(check_text(name, text))
    if match is None:
        raise ArgumentError(f"{name} must be UUIDs such as {uuid.UUID(int=0)}, not {text!r}")
    return str(uuid.UUID(match[3]))


def check_user_ids(name: str, ids: Iterable[str]) -> list[str]:
    """Ids of players, each once: the system user, which has the nil UUID, is none."""
    found = list(dict.fromkeys(check_ids(name, ids)))
    if str(uuid.UUID(int=0)) in found:
        raise ArgumentError(f"{name} must be players; the nil UUID is the system user")
    return found


def check_several(name: str, texts: Iterable[str]) -> list[str]:
    """Texts that may not be empty, each once."""
    checked = [check_present(f"each of {name}", each) for each in _several(name, "texts", texts)]
    return list(dict.fromkeys(checked))


def check_texts(name: str, texts: Mapping[str, str]) -> dict[str, str]:
    """Texts by name; numbers would be refused where the server wants a text."""
    check_type(name, texts, Mapping)
    for key, value in texts.items():
        if not all(isinstance(each, str) for each in (key, value)):
            raise ArgumentError(f"{name} must be texts by name; {key!r} is not")
    return dict(texts)


def check_usernames(names: Iterable[str]) -> list[str]:
    """User names, each once, as Nakama allows them."""
    checked = [
        check_size("a username", each, shortest=1, longest=128)
        for each in _several("usernames", "names", names)
    ]
    return list(dict.fromkeys(checked))
