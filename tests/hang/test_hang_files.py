"""The pictures and the SARIF file that the hang tests keep: well-formed XML in which no two texts meet, and SARIF
2.1.0 by the rules of its standard that this file can break."""
import json
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXPECTED = ROOT / "tests/hang/expected"
PICTURES = [ROOT / "docs/hang.svg", *sorted(EXPECTED.glob("*.svg"))]
SVG = "{http://www.w3.org/2000/svg}"
ADVANCE = 0.6  # ems a character of a fixed-width face


def texts(picture):
    """(left, top, right, bottom, text) of each text."""
    for text in ElementTree.parse(picture).getroot().iter(SVG + "text"):
        size, x, y = (float(text.get(name)) for name in ("font-size", "x", "y"))
        width = len(text.text) * size * ADVANCE
        left = x - width / 2 if text.get("text-anchor") == "middle" else x
        yield left, y - 0.75 * size, left + width, y + 0.2 * size, text.text


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_texts_stay_inside_and_apart(picture):
    root = ElementTree.parse(picture).getroot()
    _, _, width, height = map(float, root.get("viewBox").split())
    boxes = list(texts(picture))
    assert len(boxes) > 10
    for left, top, right, bottom, text in boxes:
        assert 0 <= left and right <= width and 0 <= top and bottom <= height, text
    for number, (left, top, right, bottom, text) in enumerate(boxes):
        for other in boxes[number + 1:]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart, f"{text!r} meets {other[4]!r}"


@pytest.mark.parametrize("picture", PICTURES, ids=lambda path: path.stem)
def test_a_picture_brings_its_own_paper(picture):
    root = ElementTree.parse(picture).getroot()
    paper = root.find(SVG + "rect")
    assert (paper.get("width"), paper.get("height")) == (root.get("width"), root.get("height"))
    assert re.fullmatch("#[0-9a-f]{6}", paper.get("fill"))


def check_location(location):
    place = location["physicalLocation"]
    assert re.fullmatch(r"(file:///)?[^\s\\<>\"{}|^`]+", place["artifactLocation"]["uri"])
    assert place["region"]["startLine"] >= 1
    assert all(logical["name"] for logical in location["logicalLocations"])


def test_the_sarif_file_keeps_its_standard():
    log = json.loads((EXPECTED / "two_cores.sarif").read_text())
    assert log["version"] == "2.1.0" and set(log) == {"$schema", "version", "runs"}
    [run] = log["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "Loom"
    ids = [rule["id"] for rule in driver["rules"]]
    assert len(set(ids)) == len(ids)
    for rule in driver["rules"]:
        assert rule["help"]["text"] and rule["shortDescription"]["text"].endswith(".")
    for result in run["results"]:
        assert ids[result["ruleIndex"]] == result["ruleId"]
        assert result["level"] in ("error", "warning", "note", "none") and result["message"]["text"]
        for location in result["locations"] + result.get("relatedLocations", []):
            check_location(location)
        related = [location["id"] for location in result["relatedLocations"]]
        assert len(set(related)) == len(related)


def test_the_page_quotes_what_the_tests_compare():
    """Each line in docs/hangs.md's table of causes is part of some message that a hang test compares."""
    compared = ""
    for test in (ROOT / "tests/hang").glob("*_test.cpp"):
        for literals in re.findall(r'(?:"(?:[^"\\\n]|\\.)*"\s*)+', test.read_text()):
            compared += "".join(re.findall(r'"((?:[^"\\\n]|\\.)*)"', literals)) + "\n"
    page = (ROOT / "docs/hangs.md").read_text()
    table = page[page.index("## Causes"):page.index("Several causes")]
    quoted = [row.split(" | ")[0].removeprefix("| ") for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(quoted) >= 12
    for line in quoted:
        assert line.rstrip(".") in compared, line


def test_the_page_shows_the_readmes_hang():
    hang = r"^```\n(HANG.*?)^```$"
    page, readme = ((ROOT / name).read_text() for name in ("docs/hangs.md", "README.md"))
    flags = re.DOTALL | re.MULTILINE
    assert re.findall(hang, page, flags) == re.findall(hang, readme, flags)
