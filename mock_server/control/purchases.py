"""`/_control` on purchases: what a store tells of them."""

from __future__ import annotations

import json
from collections.abc import Callable

from aiohttp import web
from attrs import frozen

from mock_server.features.purchases.facade import PurchasesFacade
from server_kit.bodies import read_body, refusal


class PurchaseRoutes:
    """Answers what concerns purchases.

    Args:
        find_purchases: Returns what players bought.
    """

    def __init__(self, find_purchases: Callable[[], PurchasesFacade]) -> None:
        self._find_purchases = find_purchases

    def add_to(self, app: web.Application) -> None:
        """Serve from the application of the console's port."""
        app.router.add_post("/_control/purchases/{transaction_id}/{event}", self._purchase_event)

    async def _purchase_event(self, request: web.Request) -> web.Response:
        """Do what a store tells of a purchase: `refund`, `renew`, `expire` or `cancel`."""
        purchases, transaction_id = self._find_purchases(), request.match_info["transaction_id"]
        events: dict[str, Callable[[str], object]] = {
            "refund": purchases.refund,
            "expire": purchases.expire,
            "cancel": purchases.cancel,
        }
        if request.match_info["event"] == "renew":
            asked = await read_body(request, _Renewal)
            events["renew"] = lambda each: purchases.renew(each, asked.expires)
        happens = events.get(request.match_info["event"])
        if happens is None:
            raise _not_found("no such event; there are: refund, renew, expire, cancel")
        try:
            happens(transaction_id)
        except ValueError as error:
            raise refusal(str(error)) from None
        except LookupError as error:
            raise _not_found(error.args[0]) from None
        return web.json_response({})


def _not_found(error: str) -> web.HTTPNotFound:
    return web.HTTPNotFound(text=json.dumps({"error": error}), content_type="application/json")


@frozen
class _Renewal:
    expires: int
