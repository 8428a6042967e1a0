"""A browser lays the report out: nothing loads, nothing overflows the page on screen, phone or paper."""

import html
import json
import re
import shutil
import subprocess

import pytest

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no chromium on PATH: install it to lay the report out")

_PROBE = """<script>
addEventListener("load", () => {
  const root = document.documentElement;
  const edge = root.clientWidth, free = [...document.querySelectorAll("main *")].filter(e => !e.closest(".scroll"));
  const wide = free.filter(e => e.getBoundingClientRect().right > edge + 1);
  const far = [...document.querySelectorAll("figure svg")].filter(s => [...s.querySelectorAll("text")].some(t => {
    const a = t.getBoundingClientRect(), b = s.getBoundingClientRect();
    return a.width && (a.left < b.left - 2 || a.right > b.right + 2 || a.top < b.top - 2 || a.bottom > b.bottom + 2);
  }));
  root.dataset.probe = JSON.stringify({
    overflow: root.scrollWidth - edge, wide: wide.length, far: far.length,
    loaded: performance.getEntriesByType("resource").length, svg: document.querySelectorAll("figure svg").length,
  });
});
</script></body>"""


def run(*arguments):
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_overflows_and_nothing_loads(built, tmp_path, width):
    probed = tmp_path / "report.html"
    probed.write_text(built.read_text(encoding="utf-8").replace("</body>", _PROBE), encoding="utf-8")
    dom = run(f"--window-size={width},900", "--dump-dom", f"--user-data-dir={tmp_path / 'profile'}", probed.as_uri())
    found = json.loads(html.unescape(re.search(r'data-probe="([^"]*)"', dom)[1]))
    assert found.pop("svg") > 30
    assert found == {"overflow": 0, "wide": 0, "far": 0, "loaded": 0}


def test_it_prints_with_everything_unfolded(built, tmp_path):
    target = tmp_path / "report.pdf"
    run(f"--print-to-pdf={target}", "--no-pdf-header-footer", f"--user-data-dir={tmp_path / 'profile'}", built.as_uri())
    assert target.read_bytes().startswith(b"%PDF")
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext on PATH: install poppler-utils to read the printed report")
    text = subprocess.run(["pdftotext", str(target), "-"], capture_output=True, text=True, check=True).stdout
    assert "second cell" in " ".join(text.split())
