"""One file a command: `second_opinions.py` holds `streamplan second-opinions`, a click command named `command`.

A new command is a new file here; the command line finds it by its name and imports it when it is called.
"""
