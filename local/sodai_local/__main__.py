"""``python -m sodai_local`` is ``sodai``."""

from sodai_local.cli import main

main()
