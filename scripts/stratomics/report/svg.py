"""A drawing of matplotlib, made fit to stand within a page.

Drawings of one page would share ids and styles. So each gets ids of its own, and is rid of what the page needs not: metadata,
ids that nothing refers to, digits that nobody sees, groups of one, styles that all neighbours repeat. What is kept is a list of
elements and attributes that only draw: nothing in a drawing runs, or is fetched.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from xml.etree.ElementTree import Element

_ELEMENTS = {
    *("svg", "g", "defs", "path", "use", "text", "tspan", "image", "clipPath", "rect", "circle", "ellipse", "line"),
    *("polygon", "polyline", "linearGradient", "radialGradient", "stop", "pattern", "mask"),
}
_ATTRIBUTES = {
    *(
        "id",
        "d",
        "x",
        "y",
        "x1",
        "x2",
        "y1",
        "y2",
        "r",
        "rx",
        "ry",
        "cx",
        "cy",
        "width",
        "height",
        "points",
        "transform",
    ),
    *("style", "clip-path", "mask", "viewBox", "preserveAspectRatio", "offset", "gradientUnits", "gradientTransform"),
}
_PLACES = {"d", "x", "y", "x1", "x2", "y1", "y2", "r", "rx", "ry", "cx", "cy", "width", "height", "points"}
_DIGITS = re.compile(r"-?\d+\.\d{3,}")
#: Around the letters of a path, and before a minus, nothing needs to stand.
_BLANKS = re.compile(r" ?([A-Za-z]) ?| (?=-)")
_REFERENCE = re.compile(r"url\(#([^)]*)\)")
#: Of a path of more characters than this, a tenth of a point is enough; of shorter ones, like marks, a hundredth.
_LONG = 400
#: What a group may not say for its members: its opacity is another, and the page says how all lines end and meet.
_OWN = {"opacity", "stroke-linejoin", "stroke-linecap"}


def page_svg(path: str | Path, prefix: str, alt: str) -> str:
    """Read a drawing and write it as an element of a page.

    Parameters
    ----------
    path
        An SVG file of matplotlib.
    prefix
        Put before its ids; each drawing of a page has its own.
    alt
        What a person who cannot see it should know of it.

    Returns
    -------
    str
        An ``svg`` element.
    """
    root = ElementTree.parse(path).getroot()
    _clean(root)
    used = {name for element in root.iter() for name in _referred(element)}
    for element in root.iter():
        _rename(element, used, prefix)
    _hoist(root)
    _gather(root)
    _hoist(root)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.attrib |= {"role": "img", "aria-label": alt}
    return ElementTree.tostring(root, encoding="unicode")


def _local(name: str) -> str:
    """Give a name without its namespace."""
    return name.rpartition("}")[2]


def _clean(element: Element) -> None:
    """Keep what draws, round where it is drawn, and drop blanks between elements."""
    element.tag = _local(element.tag)
    for name, value in list(element.attrib.items()):
        del element.attrib[name]
        local = _local(name)
        if local == "href" and value.startswith(("#", "data:image/png;base64,")):
            element.set("href", "".join(value.split()))
        elif local in _ATTRIBUTES:
            element.set(local, _short(local, value))
    if element.tag not in ("text", "tspan"):
        element.text = None
    for child in list(element):
        if isinstance(child.tag, str) and _local(child.tag) in _ELEMENTS:
            _clean(child)
            child.tail = None
        else:
            element.remove(child)


def _short(name: str, value: str) -> str:
    """Write the value of an attribute with no more than can be seen."""
    if name in _PLACES:
        digits = 1 if len(value) > _LONG else 2
        rounded = _DIGITS.sub(
            lambda found: f"{float(found[0]):.{digits}f}".rstrip("0").rstrip("."), " ".join(value.split())
        )
        return _BLANKS.sub(r"\1", rounded)
    if name == "style":
        # The page names the font.
        return _written({key: own for key, own in _declared(value).items() if key != "font-family"})
    return value


def _referred(element: Element) -> list[str]:
    """List the ids that an element refers to."""
    href = element.get("href", "")
    names = [href[1:]] if href.startswith("#") else []
    return names + [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]


def _rename(element: Element, used: set[str], prefix: str) -> None:
    """Put the prefix before ids and references; ids that nothing refers to go."""
    if (name := element.attrib.pop("id", None)) in used:
        element.set("id", f"{prefix}{name}")
    for name, value in element.attrib.items():
        if name == "href" and value.startswith("#"):
            element.set(name, f"#{prefix}{value[1:]}")
        elif name != "id":
            element.set(name, _REFERENCE.sub(lambda found: f"url(#{prefix}{found[1]})", value))


def _gather(element: Element) -> None:
    """Take groups apart that say nothing of their members, and put neighbours together that say the same."""
    members: list[Element] = []
    for child in list(element):
        _gather(child)
        for one in list(child) if child.tag == "g" and not child.attrib else [child]:
            if members and one.tag == members[-1].tag == "g" and one.attrib == members[-1].attrib:
                members[-1].extend(list(one))
            else:
                members.append(one)
    element[:] = members


def _hoist(element: Element) -> None:
    """Let a group say once what the styles of all its members say (what a group says itself comes before that)."""
    for child in element:
        _hoist(child)
    styles = [_declared(child.get("style", "")) for child in element]
    if element.tag != "g" or "style" in element.attrib or not styles:
        return
    shared = {
        name: value
        for name, value in styles[0].items()
        if name not in _OWN and all(style.get(name) == value for style in styles)
    }
    if shared:
        element.set("style", _written(shared))
        for child, style in zip(element, styles, strict=True):
            del child.attrib["style"]
            if own := {name: value for name, value in style.items() if name not in shared}:
                child.set("style", _written(own))


def _declared(style: str) -> dict[str, str]:
    """Take a style apart."""
    pairs = (one.partition(":") for one in style.split(";") if one.strip())
    return {name.strip(): value.strip() for name, _, value in pairs}


def _written(style: dict[str, str]) -> str:
    """Write a style."""
    return ";".join(f"{name}:{value}" for name, value in style.items())
