"""An inbox in a pygame window: a toast for each notification, unread marks, a shake when offline.

    pip install pygame-ce 'nakama-client[mock]'
    python examples/pygame_inbox.py                           # with a mock server of its own
    python examples/pygame_inbox.py http://127.0.0.1:7350     # with yours

Click a row to read it. A file keeps what you have read; the rest comes again at the next start.
`--frames 300 --screenshot inbox.png` ends by itself.
"""

from __future__ import annotations

import argparse
import math
from contextlib import ExitStack
from pathlib import Path

import pygame

from mock_server import MockServer
from nakama_client import FileCursorStore, Notification
from nakama_client.game import GameClient

WIDTH, HEIGHT, ROW = 480, 640, 56
NIGHT, PANEL, TEXT, DIM, GOLD = "#14182b", "#222842", "#f2f3fa", "#8d93b5", "#ffc857"
TOAST_FRAMES = 180


class Inbox:
    """What the window shows. Its methods run in `poll`, so no lock is needed."""

    def __init__(self, client: GameClient, folder: Path) -> None:
        self.session = client.authenticate_device("pygame-inbox-device", username="ada").result()
        self.items: list[Notification] = []
        self.read: set[str] = set()
        self.toasts: list[tuple[str, int]] = []
        self.frame = self.offline_since = 0
        self.is_online = True
        self.socket = client.socket(self.session)
        self.socket.on_connected(lambda _: self.set_online(True))
        self.socket.on_disconnect(lambda _: self.set_online(False))
        store = FileCursorStore(folder)
        self.feed = client.notifications(
            self.session, socket=self.socket, store=store, acknowledge="manual"
        )
        self.feed.run(self.received)

    def received(self, notification: Notification) -> None:
        self.items.insert(0, notification)
        self.toasts.append((notification.subject, self.frame + TOAST_FRAMES))

    def set_online(self, is_online: bool) -> None:
        self.is_online, self.offline_since = is_online, self.frame

    def click(self, y: int) -> None:
        row = (y - ROW) // ROW
        if 0 <= row < len(self.items):
            self.read.add(self.items[row].id)
            self.feed.acknowledge(self.items[row])  # kept: it does not come again

    def draw(self, screen: pygame.Surface, font: pygame.Font) -> None:
        age = self.frame - self.offline_since
        shake = 0 if self.is_online else round(8 * math.sin(age) * math.exp(-age / 20))
        screen.fill(NIGHT)
        unread = sum(each.id not in self.read for each in self.items)
        title = f"Inbox: {unread} unread" if self.is_online else "Offline, connecting again"
        screen.blit(font.render(title, True, GOLD), (20 + shake, 16))
        for row, item in enumerate(self.items[: HEIGHT // ROW], start=1):
            box = pygame.Rect(12 + shake, row * ROW, WIDTH - 24, ROW - 8)
            pygame.draw.rect(screen, PANEL, box, border_radius=8)
            is_read = item.id in self.read
            if not is_read:
                pygame.draw.circle(screen, GOLD, (box.left + 16, box.centery), 5)
            text = font.render(item.subject, True, DIM if is_read else TEXT)
            screen.blit(text, (box.left + 32, box.top + 14), (0, 0, box.width - 44, ROW))
        self.toasts = [(text, end) for text, end in self.toasts if end > self.frame]
        for place, (text, _) in enumerate(self.toasts[-3:], start=1):
            box = pygame.Rect(40, HEIGHT - place * 52, WIDTH - 80, 44)
            pygame.draw.rect(screen, GOLD, box, border_radius=22)
            label = font.render(text, True, NIGHT)
            screen.blit(label, (box.left + 24, box.top + 12), (0, 0, box.width - 48, ROW))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url", nargs="?", help="your server; without it a mock is started")
    parser.add_argument("--folder", type=Path, default=Path("pygame-inbox"))
    parser.add_argument("--frames", type=int, default=0, help="end after so many")
    parser.add_argument("--screenshot", help="save the last frame")
    options = parser.parse_args()
    pygame.init()
    screen = pygame.display.set_mode((WIDTH, HEIGHT))
    font, clock = pygame.font.Font(None, 26), pygame.time.Clock()
    with ExitStack() as stack:
        server = None if options.url else stack.enter_context(MockServer())
        client = stack.enter_context(GameClient(options.url or server.http_url))
        inbox = Inbox(client, options.folder)
        while not options.frames or inbox.frame < options.frames:
            for event in pygame.event.get():
                if event.type == pygame.QUIT:
                    return
                if event.type == pygame.MOUSEBUTTONDOWN:
                    inbox.click(event.pos[1])
            if server is not None and inbox.frame % 120 == 30:
                gift = server.notifications.send(inbox.session.user_id, f"Gift {inbox.frame}")
                server.run(gift)
            client.poll()
            inbox.draw(screen, font)
            pygame.display.flip()
            inbox.frame += 1
            clock.tick(60)
        if options.screenshot:
            pygame.image.save(screen, options.screenshot)


if __name__ == "__main__":
    main()
