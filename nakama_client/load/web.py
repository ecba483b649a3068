"""The deliveries in Locust's web page: a tab beside its own statistics."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from flask import Response, request
from locust.env import Environment

_KEY = "deliveries"


def show_deliveries(
    environment: Environment, columns: Sequence[str], rows: Callable[[], Sequence[Sequence[object]]]
) -> None:
    """Add the tab to the web page, if there is one.

    Args:
        environment: Locust's.
        columns: The titles of the columns.
        rows: Gives the rows; asked each time that the page reads its statistics.
    """
    web = environment.web_ui
    if web is None or web.app is None:
        return
    keys = [column.replace(" ", "_").lower() for column in columns]
    structure = [
        {"key": key, "title": title.capitalize()} for key, title in zip(keys, columns, strict=True)
    ]
    web.template_args["extended_tabs"] = [{"title": "Deliveries", "key": _KEY}]
    web.template_args["extended_tables"] = [{"key": _KEY, "structure": structure}]

    def add(response: Response) -> Response:
        if request.path.endswith("/stats/requests") and response.is_json:
            data = [dict(zip(keys, row, strict=True)) for row in rows()]
            report = {**response.get_json(), "extended_stats": [{"key": _KEY, "data": data}]}
            response.set_data(json.dumps(report))
        return response

    web.app.after_request(add)
