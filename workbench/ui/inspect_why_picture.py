"""An explanation as the browser draws it: pictures side by side, and bars to either side of nothing.

HTML, CSS and JavaScript are constant; what is shown is data, written as text and as addresses of pictures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

_HTML = (
    '<div class="why"><div class="pictures"></div><div class="than"></div><div class="bars" role="list"></div></div>'
)
_CSS = """
.why { color: #d8d8d8;
  font: 13px/1.35 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
  display: flex; flex-direction: column; gap: 10px; }
.pictures { display: flex; flex-wrap: wrap; gap: 10px; }
figure { margin: 0; max-width: 100%; }
figure div { display: flex; flex-wrap: wrap; gap: 6px; }
figure img { border-radius: 2px; max-width: 100%; height: auto; background: #161616; }
figure.wide img { width: min(300px, 100%); }
figure.tall img { width: 150px; }
figcaption { color: #a3a3a3; font-size: 12px; padding-top: 4px; }
.bars { display: grid; grid-template-columns: 1fr 1fr; column-gap: 0; row-gap: 3px; }
.than { color: #a3a3a3; font-size: 12px; }
.bars:empty, .pictures:empty, .than:empty { display: none; }
.end { color: #a3a3a3; font-size: 12px; padding: 0 8px; }
.end.away { text-align: right; }
.row { display: contents; }
.half { position: relative; min-height: 20px; padding: 1px 8px; display: flex; align-items: center; min-width: 0; }
.half.away { justify-content: flex-end; border-right: 1px solid #6b6b6b; text-align: right; }
.half i { position: absolute; top: 1px; bottom: 1px; border-radius: 2px; z-index: 0; }
.half.away i { right: 0; background: #44505f; }
.half.towards i { left: 0; background: #6b5530; }
.half span { position: relative; z-index: 1; overflow: hidden; text-overflow: ellipsis; }
.half b { position: relative; z-index: 1; font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
"""
_JS = """
const made = (tag, className, text) => {
  const node = document.createElement(tag)
  if (className) node.className = className
  if (text !== undefined) node.textContent = text
  return node
}

function figure(one) {
  const whole = made("figure", one.wide ? "wide" : "tall")
  const row = made("div")
  one.sources.forEach((source, at) => {
    if (!source.startsWith("data:image/png;base64,")) return
    const image = made("img")
    image.alt = one.said[at]
    image.src = source
    row.append(image)
  })
  whole.append(row, made("figcaption", "", one.title))
  return whole
}

// The bar lies on its side of the middle with its figure in it; the name lies on the other side.
function bar(one) {
  const row = made("div", "row")
  row.setAttribute("role", "listitem")
  const away = made("div", "half away"), towards = made("div", "half towards")
  const [long, other] = one.share < 0 ? [away, towards] : [towards, away]
  const length = made("i")
  length.style.width = `${Math.abs(one.share) * 100}%`
  long.append(length, made("b", "", one.figure))
  other.append(made("span", "", one.name))
  other.title = one.name
  row.append(away, towards)
  return row
}

export default function ({ data, parentElement }) {
  const said = JSON.stringify(data)
  const whole = parentElement.querySelector(".why")
  if (whole.dataset.said === said) return
  whole.dataset.said = said
  whole.querySelector(".pictures").replaceChildren(...data.pictures.map(figure))
  whole.querySelector(".than").textContent = data.than && `Numbers of the face, compared with ${data.than}:`
  const ends = [made("div", "end away", `← ${data.away}`), made("div", "end", `${data.towards} →`)]
  whole.querySelector(".bars").replaceChildren(...(data.bars.length ? [...ends, ...data.bars.map(bar)] : []))
}
"""
_WHY = st.components.v2.component("eyespy_why", html=_HTML, css=_CSS, js=_JS)


def picture(
    pictures: Sequence[Mapping[str, Any]],
    bars: Sequence[Mapping[str, Any]],
    *,
    than: str,
    towards: str,
    away: str,
    key: str,
) -> None:
    """Draw the pictures and bars of `inspect_why_view`.

    `towards` and `away` are what the ends of the bars mean, `than` what their names compare with (empty: nothing).
    """
    # Tuples: in a list Streamlit would look for data frames, and import pandas and pyarrow to do so.
    parts = {"pictures": tuple(map(dict, pictures)), "bars": tuple(map(dict, bars))}
    _WHY(key=key, data={**parts, "than": than, "towards": towards, "away": away})
