"""`python -m nakama_client`: the command `nakama-client`."""

from nakama_client.cli import main

main()
