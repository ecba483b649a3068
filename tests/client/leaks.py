"""What the SDK may not leave behind."""

import asyncio


def tasks() -> set[asyncio.Task[object]]:
    """The SDK's tasks that still run."""
    return {task for task in asyncio.all_tasks() if task.get_name().startswith("nakama_client")}
