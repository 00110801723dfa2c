"""Pages opened without a browser, for tests."""

from __future__ import annotations

import os
import re

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from workbench.archive import catalog
from workbench.jobs import processes, record
from workbench.settings import HOME, Settings

PAGES = sorted(path.relative_to(HOME).as_posix() for path in (HOME / "pages").glob("*.py"))
"""Every page of the workbench."""


def opened(page: str = "pages/screen.py", **address: str) -> AppTest:
    """A page as its address opens it, after it has run."""
    app = AppTest.from_file(str(HOME / "workbench/ui/app.py"), default_timeout=20).run()
    app.switch_page(str(HOME / page))
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def text(app: AppTest) -> str:
    """Everything that a page says."""
    kinds = ("markdown", "info", "warning", "error", "success", "caption", "subheader", "text")
    said = "\n".join(each.value for kind in kinds for each in app.get(kind))
    return re.sub(r"\\(.)", r"\1", said)  # as it is shown: names are escaped for Markdown


def button(app: AppTest, label: str) -> Button:
    """The button of that label."""
    return next(each for each in app.button if each.label == label)


def working(settings: Settings, *command: str) -> str:
    """A job that this very process stands for; gives its id."""
    engine = catalog.open_catalog(settings)
    job = str(record.add(engine, command, "Search (quick)", True))
    record.take(engine, job)
    record.claim(engine, job, os.getpid(), processes.started(os.getpid()))
    return job
