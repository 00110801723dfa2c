"""What a report is made of: paragraphs and tables of escaped text in one HTML page, and names that stay out of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from sqlalchemy import Engine

from workbench.archive import sessions
from workbench.learning.evaluation import Figure

OPAQUE = 8
"""Letters of an id that tell sessions, and photos, apart."""
NONE = "–"
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;color:#1c1c1c;background:#fff;max-width:62rem;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.15rem;margin:2.2rem 0 .5rem;border-bottom:1px solid #ddd}
h3{font-size:1rem;margin:1.2rem 0 .3rem}p{max-width:46rem}
table{border-collapse:collapse;margin:.6rem 0}
th,td{text-align:left;padding:.2rem .9rem .2rem 0;border-bottom:1px solid #eee;vertical-align:top}
th{font-weight:600;color:#555}
td{font-variant-numeric:tabular-nums}.figures td{white-space:nowrap}
.dim{color:#666}.raised{color:#a3330a;font-weight:600}
.plots{display:grid;grid-template-columns:repeat(2,max-content);gap:1rem 3rem}
figure{margin:0;break-inside:avoid}figcaption{color:#555;max-width:300px}
.eyes{width:240px;display:block}
svg text{font:11px system-ui,sans-serif;fill:#555}svg path{fill:none}.grid{stroke:#e6e6e6}
.line{stroke:#1f4e79;stroke-width:2}.diagonal{stroke:#999;stroke-dasharray:4 4}
.threshold{stroke:#a3330a;stroke-dasharray:3 3}
.interval{stroke:#1f4e79;stroke-width:1.5}.mark{fill:#a3330a}
.good{fill:#1f4e79;fill-opacity:.45}.faulty{fill:#a3330a;fill-opacity:.5}
@media print{body{margin:0;max-width:none;font-size:12px}h2{break-after:avoid}tr,svg{break-inside:avoid}}
"""


@dataclass(frozen=True)
class Names:
    """What must not be read in a report, and what stands for it."""

    opaque: dict[str, str]

    def out_of(self, text: str) -> str:
        """The text with opaque words for every name of a session, its folder or its subject."""
        names = sorted((name for name in self.opaque if name.strip()), key=len, reverse=True)
        if not names:
            return text
        pattern = rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)"
        return re.sub(pattern, lambda found: self.opaque[found[0]], text)


def page(title: str, body: str) -> str:
    """A whole page that fetches nothing and runs nothing; `body` is HTML."""
    head = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head += f"<title>{escape(title)}</title><style>{_STYLE}</style>"
    return f'<!DOCTYPE html><html lang="en-GB"><head>{head}</head><body>{body}</body></html>\n'


def names_in(engine: Engine) -> Names:
    """The names of all sessions of the archive and their subjects."""
    found: dict[str, str] = {}
    subjects: dict[str, str] = {}
    for session in sessions.every(engine):
        found[session.name] = found[session.folder.name] = found[str(session.folder)] = session.id[:OPAQUE]
        if session.subject:
            found[session.subject] = subjects.setdefault(session.subject, f"subject {len(subjects) + 1}")
    return Names(found)


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """“0.946 (0.936–0.954)”, without the interval where there is none."""
    if value is None:
        return NONE
    return f"{value:.3f}" + (f" ({low:.3f}–{high:.3f})" if low is not None and high is not None else "")


def three(number: float) -> str:
    """“0.946”."""
    return NONE if np.isnan(number) else f"{number:.3f}"


def with_interval(figure: Figure) -> str:
    """A figure as `interval` says it."""
    known = [None if np.isnan(number) else float(number) for number in (figure.value, figure.low, figure.high)]
    return interval(*known)


def share_of(part: int, whole: int) -> str:
    """“12 (5.2%)”."""
    return f"{part:,} ({part / whole:.1%})" if whole else f"{part:,}"


def counted(number: int, one: str, more: str = "") -> str:
    """“1 session”, “1,204 sessions”."""
    return f"{number:,} {one if number == 1 else more or f'{one}s'}"


def paragraphs(*texts: str, kind: str = "") -> str:
    """Each text as a paragraph, of the class `kind` of the page's style."""
    about = f' class="{kind}"' if kind else ""
    return "".join(f"<p{about}>{escape(text)}</p>" for text in texts)


def table(names: Iterable[str], rows: Sequence[Sequence[str]]) -> str:
    """A table with those names of columns."""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<table class="figures"><tr>{head}</tr>{body}</table>'
