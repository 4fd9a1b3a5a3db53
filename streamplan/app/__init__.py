"""The workbook as a web page of its own, served on this machine: sliders, charts and the bill, without any network."""

from streamplan.app.server import application, serve

__all__ = ["application", "serve"]
