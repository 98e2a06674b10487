"""Whatever a user calls things, it is shown as text."""

from __future__ import annotations

import ast
import pickle

import pytest

from stratomics.user_text import Quoted, markdown, one_line, quoted


@pytest.mark.parametrize(
    "name", ["age", "ajcc_pathologic_tumor_stage", "age (years), 5.3", "Größe in cm", "😀", "1-2", "T2a"]
)
def test_names_without_meaning_in_markdown_stay_as_they_are(name):
    assert markdown(name) == name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a|b", r"a\|b"),
        ("`x`", r"\`x\`"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<!-- x -->", "&lt;!-- x --&gt;"),
        ("&lt;", "&amp;lt;"),
        ("[x](javascript:alert(1))", r"\[x\](javascript:alert(1))"),
        ("![x](y)", r"!\[x\](y)"),
        ("**b**", r"\*\*b\*\*"),
        ("_i_", r"\_i\_"),
        ("a_b_", r"a_b\_"),
        ("~~x~~", r"\~\~x\~\~"),
        ("# x", r"\# x"),
        ("- x", r"\- x"),
        ("+ x", r"\+ x"),
        ("=1+1", r"\=1+1"),
        ("===", r"\==="),
        ("1. x", r"1\. x"),
        ("12)", r"12\)"),
        ("> x", "&gt; x"),
        ("$a_$", r"\$a\_\$"),
        ("http://x.y", r"http:\//x.y"),
        ("WWW.x.y", r"WWW\.x.y"),
        ("\\", "\\\\"),
        ("a\n# b\r\n\tc", r"a \# b  c"),
    ],
)
def test_what_means_something_in_markdown_is_escaped(name, shown):
    assert markdown(name) == shown


def test_a_text_takes_one_line_and_shows_what_has_no_glyph():
    assert one_line("a\nb\tc\r\nd\u2028e") == "a b c d e"
    assert one_line("a\x07\x00\x9b\u202eb\ud800") == r"a\x07\x00\x9b\u202eb\ud800"
    assert one_line("é\u00a0 \u200d😀") == "é\u00a0 \u200d😀"


def test_quoted_settings_are_the_same_but_their_repr_ends_no_script_element():
    name = "</script><img src=x onerror=alert(1)>\\x3c'"
    settings = {"covariates": [name, "age"], name: {"deep": [[name]]}, "seed": 1, "none": None}
    safe = quoted(settings)
    assert safe == settings
    assert "<" not in repr(safe)
    assert "<" not in f"{safe}"
    assert ast.literal_eval(repr(safe)) == settings
    assert type(safe["covariates"][1]) is str
    assert f"{safe['covariates'][0]}" == name  # paths and messages get the text itself


def test_quoted_text_reaches_scripts_as_plain_text():
    back = pickle.loads(pickle.dumps(["x", Quoted("a<b")]))
    assert back == ["x", "a<b"]
    assert [type(one) for one in back] == [str, str]
