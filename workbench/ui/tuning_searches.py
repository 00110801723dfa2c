"""What searches found, and what more labels would bring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st
from sqlalchemy import Engine, func, select

from workbench.archive import tables
from workbench.faults import BLINK
from workbench.learning import searches, sizing
from workbench.learning.searches import Search
from workbench.learning.sizing import FIGURE, Sizes
from workbench.settings import Settings
from workbench.ui import charts, frame, reporting, tuning_live, tuning_parts, tuning_search_view, work
from workbench.ui.charts import Line
from workbench.ui.table import NUMBER, Column, Row, table
from workbench.ui.tuning_view import ranged
from workbench.ui.wording import counted

# ---- searches


def show(settings: Settings) -> None:
    """The search that the address names, else the newest, with its verdict, trials and what they varied."""
    known = searches.every(settings, BLINK)
    if not known:
        st.info("No search yet. A search tries many settings of a network, and keeps the best: press Search above.")
        return
    found = _choose(known)
    _verdict(found)
    axes, worth, best = tuning_search_view.axes(found)
    if axes:
        said = f"The settings of {counted(len(worth), 'trial')} side by side; lighter lines did better"
        figure = charts.parallel(axes, worth, best, height=230)
        charts.show(figure, key=f"parallel-{found.id}", said=said)
    table(
        tuning_search_view.columns(found),
        tuning_search_view.rows(found),
        key=f"trials-{found.id}",
        label="Trials",
        tall=not axes,
    )
    # drawn when it is opened: a chart that is made unseen has no width
    with st.expander("Each trial’s curve", key="trial-curves", on_change="rerun") as curves:
        if curves.open:
            tuning_live.trial_curves(found, key=f"trial-curves-{found.id}", height=260)


def _choose(known: Sequence[Search]) -> Search:
    """The search that the address names, drawn as a choice that writes the address."""
    titles = {one.id: tuning_search_view.title(one) for one in known}
    asked = st.query_params.get(tuning_parts.SEARCH, known[0].id)
    st.session_state[tuning_parts.SEARCH] = asked if asked in titles else known[0].id
    st.selectbox(
        "Search",
        list(titles),
        format_func=lambda each: titles.get(each, each),
        key=tuning_parts.SEARCH,
        on_change=lambda: tuning_parts.lead(view="searches", search=st.session_state[tuning_parts.SEARCH]),
        label_visibility="collapsed",
        width=560,
    )
    return next(one for one in known if one.id == st.session_state[tuning_parts.SEARCH])


def _verdict(found: Search) -> None:
    """What came of it in words, the first sentence plainly, and a way to the winner."""
    first, rest = tuning_search_view.verdict(found)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(first, width="stretch")
        if found.winner:
            st.button("Show the winner", type="primary", on_click=tuning_parts.lead, kwargs={"model": found.winner})
    if rest:
        with st.container(key="verdict"):
            st.caption(rest)


# ---- more labels


def more_labels(settings: Settings, engine: Engine, *, off: bool) -> None:
    """The figure against the number of labels, and what it says of labelling more."""
    known = sizing.latest(settings, BLINK)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(reporting.plain(known.sentence if known else _ASK), width="stretch")
        st.button(
            "Ask again" if known else "Is labelling more worth it?",
            disabled=off,
            on_click=_ask,
            args=(settings, engine),
        )
    if known:
        _plot(known, said_since(engine, known.at))


_ASK = "Nobody has asked yet. The quick network is trained on ¼, ½, ¾ and all of your labels, and its figures compared."


def _ask(settings: Settings, engine: Engine) -> None:
    with frame.telling():
        work.try_fewer_labels(settings, engine)


def said_since(engine: Engine, at: str) -> int:
    """How many labels were given, or taken back, since that moment (ISO, UTC)."""
    label = tables.labels.c
    query = select(func.count()).where(label.fault == BLINK.name, label.at > datetime.fromisoformat(at))
    with engine.connect() as connection:
        return connection.execute(query).scalar_one()


def _plot(known: Sizes, since: int) -> None:
    line = size_line(known)
    if line:
        figure = charts.lines([line], across="labelled photos to learn from", up=f"validation {FIGURE}", height=280)
        charts.show(figure, key="sizes", said=known.sentence)
    columns = [
        Column("photos", "Photos", NUMBER),
        Column("blinks", "Blinks", NUMBER),
        *(Column(name, name.capitalize(), NUMBER) for name in known.sizes[0].figures),
    ]
    table(columns, size_rows(known), key="sizes-table", label="Figures by number of labels")
    st.caption(asked(known, since))


def asked(known: Sizes, since: int) -> str:
    """When it was asked, whether that still holds, and what the band is where there is one."""
    line = size_line(known)
    band = "; the band is the 95 % interval" if line and line.low else ""
    were = "label was" if since == 1 else "labels were"
    later = f" {since:,} {were} added or changed since: ask again for figures with them." if since else ""
    return f"Asked on {known.at[:10]}{band}.{later}"


def size_line(known: Sizes) -> Line | None:
    """The figure over the number of photos, with its interval where every point has one; None without a value."""
    there = [(size, size.figures.get(FIGURE, {})) for size in known.sizes]
    there = [(size, one) for size, one in there if one.get("value") is not None]
    if not there:
        return None
    band = all(one.get("low") is not None for _, one in there)
    return Line(
        FIGURE,
        [size.photos for size, _ in there],
        [one["value"] for _, one in there],
        main=True,
        low=[one["low"] for _, one in there] if band else (),
        high=[one["high"] for _, one in there] if band else (),
    )


def size_rows(known: Sizes) -> list[Row]:
    """A row for each size."""
    return [
        Row(
            f"{size.share}",
            {
                "photos": size.photos,
                "blinks": size.blinks,
                **{name: ranged(numbers) for name, numbers in size.figures.items()},
            },
            label=f"{size.photos} photos",
        )
        for size in known.sizes
    ]
