"""The dashboard: which pages there are. Run by ``main``."""

import streamlit as st

from app.serving import places
from app.views import clips, evaluate, explain, home, library, match, page, review, search, statistics, trouble

st.set_page_config(page_icon=page.ICON, layout="wide", initial_sidebar_state="collapsed")
page.style()
st.logo(page.LOGO, size="medium")
views = {
    "home": st.Page(home.show, title="Home", default=True, visibility="hidden"),
    "library": st.Page(library.show, title="Library", url_path="library"),
    "match": st.Page(match.show, title="Match", url_path="match"),
    "explain": st.Page(explain.show, title="Explain", url_path="explain"),
    "clips": st.Page(clips.show, title="Clips", url_path="clips"),
    "review": st.Page(review.show, title="Review", url_path="review"),
    "search": st.Page(search.show, title="Search", url_path="search"),
    "statistics": st.Page(statistics.show, title="Statistics", url_path="statistics"),
    "evaluate": st.Page(evaluate.show, title="Evaluate", url_path="evaluate"),
}
page.register(**views)
trouble.tell_of_workers()
chosen = st.navigation(list(views.values()), position="top")
page.title(chosen.title)
with page.waiting(places.view_of(chosen.url_path)):
    chosen.run()
