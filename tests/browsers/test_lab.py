"""The sliders in JupyterLab itself: the notebook runs, its figures fit, a key on a slider changes the numbers."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from streamplan.runtime import notebook_runs as notebooks
from tests.browsers import browser

pytestmark = pytest.mark.browser

pytest.importorskip("jupyterlab")

SLIDER = "document.querySelector('.widget-slider .noUi-handle')"
HEADLINE = """([...document.querySelectorAll('.widget-html-content')].map(e => e.innerText).join(' ')
  .match(/[^]*?USD a month/) || [''])[0]"""


@pytest.fixture
def lab(tmp_path):
    if browser.chromium() is None:
        pytest.skip("no Chromium on this machine; on Debian: apt install chromium")
    shutil.copy(notebooks.notebook_path("explore"), tmp_path)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    own = {name: str(tmp_path / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    command = [
        sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={address.rpartition(':')[2]}",
        "--ServerApp.port_retries=0", "--IdentityProvider.token=", "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None", f"--ServerApp.root_dir={tmp_path}",
    ]  # fmt: skip
    here = {"PYTHONPATH": os.pathsep.join(filter(None, [os.getcwd(), os.environ.get("PYTHONPATH", "")]))}
    process = subprocess.Popen(
        command, env={**os.environ, **own, **here}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + browser.PATIENCE
        while True:
            try:
                urllib.request.urlopen(f"{address}/api/status").close()
                break
            except urllib.error.URLError:
                assert process.poll() is None and time.monotonic() < end, "JupyterLab does not start"
                time.sleep(0.2)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def test_a_slider_in_jupyterlab_changes_the_numbers(lab, tmp_path):
    with browser.open(f"{lab}/lab/tree/explore.ipynb", width=1500, height=1000) as page:
        page.wait("!!window.jupyterapp && document.querySelectorAll('.jp-Cell').length > 3")
        page.value("window.jupyterapp.restored.then(() => true)")
        page.wait("!!document.querySelector('.jp-Notebook-ExecutionIndicator[data-status=idle]')")
        page.value("[...window.jupyterapp.shell.widgets('main')][0].sessionContext.ready.then(() => true)")
        page.value("window.jupyterapp.commands.execute('notebook:run-all-cells').then(() => true)")
        # the notebook follows the cell that runs, and takes out of the page what is not in view
        top = "document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, 0)"
        page.wait(f"({top}, document.querySelectorAll('.widget-slider').length >= 6)")
        first = page.wait(HEADLINE)
        assert "USD a month" in first
        wide = "[...document.querySelectorAll('.widget-html-content svg')].map(e => e.getBoundingClientRect().right)"
        panel = "document.querySelector('.widget-html-content').getBoundingClientRect().right"
        assert len(page.value(wide)) == 4 and max(page.value(wide)) <= page.value(panel) + 1
        page.value(f"{SLIDER}.focus() || true")
        for kind in ("keyDown", "keyUp"):  # Home is the least throughput
            page.call("Input.dispatchKeyEvent", type=kind, key="Home", code="Home", windowsVirtualKeyCode=36)
        page.wait(f"{HEADLINE} !== {first!r} && {HEADLINE}.includes('USD a month')")
        cost = [
            float(re.search(r"([\d,.]+) USD a month", text)[1].replace(",", ""))
            for text in (first, page.value(HEADLINE))
        ]
        assert cost[1] < cost[0] / 10, (first, page.value(HEADLINE))
        page.screenshot(Path(tmp_path, "lab.png"), whole=False)
        assert page.problems == [] and page.outside == []
