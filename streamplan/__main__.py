"""`python -m streamplan` is the command `streamplan`."""

from streamplan.cli import main

main()
