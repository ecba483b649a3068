"""The pygame example draws what comes, keeps what was read, and knows when it is offline."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from mock_server import MockServer
from nakama_client.game import GameClient

pygame = pytest.importorskip("pygame")
EXAMPLE = Path(__file__).parent.parent / "examples" / "pygame_inbox.py"
GOLD, NIGHT, PANEL = (255, 200, 87), (20, 24, 43), (34, 40, 66)


@pytest.mark.slow
def test_a_toast_and_an_unread_mark_are_drawn(tmp_path: Path) -> None:
    picture = tmp_path / "inbox.png"
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), "--frames=90", f"--screenshot={picture}"],
        cwd=tmp_path,
        env=os.environ | {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    shown = pygame.image.load(picture)
    assert shown.get_at((400, 610))[:3] == GOLD  # the toast
    assert shown.get_at((28, 80))[:3] == GOLD  # the mark
    assert shown.get_at((240, 300))[:3] == NIGHT


def test_rows_shake_when_offline_and_come_to_rest(tmp_path: Path) -> None:
    inbox_of = runpy.run_path(str(EXAMPLE))["Inbox"]
    pygame.font.init()
    font, screen = pygame.font.Font(None, 26), pygame.Surface((480, 640))

    def left_edge() -> int:
        inbox.draw(screen, font)
        return next(x for x in range(480) if screen.get_at((x, 80))[:3] == PANEL)

    with MockServer() as server, GameClient(server.http_url) as client:
        inbox = inbox_of(client, tmp_path)
        server.run(server.notifications.send(inbox.session.user_id, "first"))
        while not inbox.items:
            client.poll()
        still = left_edge()
        inbox.set_online(False)
        edges = []
        for _ in range(120):
            inbox.frame += 1
            edges.append(left_edge())
    assert min(edges) < still < max(edges)
    assert max(abs(edge - still) for edge in edges) <= 8
    assert edges[-1] == still


def test_what_was_read_does_not_come_again_and_offline_is_noticed(tmp_path: Path) -> None:
    inbox_of = runpy.run_path(str(EXAMPLE))["Inbox"]
    with MockServer() as server:
        with GameClient(server.http_url) as client:
            inbox = inbox_of(client, tmp_path)
            for subject in ("first", "second"):
                server.run(server.notifications.send(inbox.session.user_id, subject))
            while len(inbox.items) < 2:
                client.poll()
            inbox.click(60)  # the newest, on top
            inbox.frame = 7
            server.run(server.restart())
            while inbox.offline_since != 7 or not inbox.is_online:
                client.poll()
            assert [each.subject for each in inbox.items] == ["second", "first"]
        with GameClient(server.http_url) as client:
            again = inbox_of(client, tmp_path)
            while not again.items or not again.feed.is_live:
                client.poll()
            assert [each.subject for each in again.items] == ["first"]
