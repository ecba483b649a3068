"""What the servers' pages share: files for browsers, live events, and how both are served."""

from server_kit.web.events import EventStream
from server_kit.web.files import KIT, Files, HtmlPage, is_ours, list_page

__all__ = ["KIT", "EventStream", "Files", "HtmlPage", "is_ours", "list_page"]
