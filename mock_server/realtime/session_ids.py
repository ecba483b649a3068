"""Session ids: uuids of version 1 whose last six bytes are the node's, as in Nakama."""

from __future__ import annotations

import hashlib
import uuid


def new_session_id(node: str) -> str:
    """An id for a session of a node, by the node's name."""
    return str(uuid.uuid1(node=_hash(node)))


def is_of_node(session_id: str, node: str) -> bool:
    """Tell whether a session, open or not, is one of a node's."""
    return uuid.UUID(session_id).node == _hash(node)


def _hash(node: str) -> int:
    return int.from_bytes(hashlib.sha1(node.encode(), usedforsecurity=False).digest()[:6], "big")
