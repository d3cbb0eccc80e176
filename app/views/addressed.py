"""Choices that stand in the page's address: who copies, reloads or goes back to an address gets them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import streamlit as st

BETWEEN = "~"  # several choices in one word: no name of a class, a zone or a match holds it


def take(name: str, key: str, read: Callable[[str], Any] = str, usual: Any = None, of: str = "") -> None:
    """Take over what the address says of a choice, where that is not what the page itself has put there.

    Arguments:
        name: of the word in the address; key: of the choice in the session, that of a widget which is made later.
        read: the choice of a word; None, or a ValueError, where it is none.
        usual: what is chosen without a word; the widget chooses where not given.
        of: id of the match that the address is of, where each has words of its own.
    """
    missing = key not in st.session_state  # Streamlit forgets the widgets of a page that is left
    if usual is not None:
        st.session_state.setdefault(key, usual)
    if not is_new(name, key, of) and not missing:
        return
    word = st.query_params.get(name)
    try:
        value = None if word is None else read(word)
    except ValueError:
        value = None
    if value is None and usual is None:
        st.session_state.pop(key, None)
    else:
        st.session_state[key] = usual if value is None else value


def put(name: str, key: str, choice: Any, usual: Any = None) -> None:
    """Put a choice into the address; the usual one needs no word there."""
    word = None if choice == usual else str(choice)
    know(key, word)
    st.session_state[_before(key, "")] = word
    if word == st.query_params.get(name):
        return
    if word is None:
        del st.query_params[name]
    else:
        st.query_params[name] = word


def is_new(name: str, key: str, of: str = "") -> bool:
    """Whether the address says something of a choice that neither the page has put there nor it said before.

    What scripts in the browser have put there comes back late or not at all: Streamlit tells the address that it knows.
    """
    word, before = st.query_params.get(name), st.session_state.get(_before(key, of))
    st.session_state[_before(key, of)] = word
    return word not in (before, st.session_state.get(_known(key, of), before))


def know(key: str, word: str | None, of: str = "") -> None:
    """Remember the word of a choice that the page puts into its address."""
    st.session_state[_known(key, of)] = word


def known(key: str, of: str = "") -> str | None:
    """The word of a choice that the page last put into its address."""
    word: str | None = st.session_state.get(_known(key, of))
    return word


def put_several(name: str, key: str, choices: Iterable[Any]) -> None:
    """Put several choices into the address, as ``several_of`` reads them; none need no word there."""
    put(name, key, BETWEEN.join(map(str, choices)) or None)


def several_of(*choices: Any) -> Callable[[str], list[Any]]:
    """Reads a word that names some of some choices, in their order."""
    return lambda word: [choice for choice in choices if str(choice) in word.split(BETWEEN)]


def one_of(*choices: Any) -> Callable[[str], Any]:
    """Reads a word that is one of some choices."""
    return lambda word: next((choice for choice in choices if str(choice) == word), None)


def _known(key: str, of: str = "") -> str:
    """Where the session keeps the word that the page has put into its address."""
    return f"address/{of}/{key}"


def _before(key: str, of: str) -> str:
    """Where the session keeps the word that the address had when it was last looked at."""
    return f"address before/{of}/{key}"
