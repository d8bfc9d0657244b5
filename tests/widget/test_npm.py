"""What the npm package says of the element is what the element is: manifest, typings, entry points."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

import captiond
import captiond.widget
from captiond.widget.bundle import read_sources
from captiond.widget.manifest import NAME, ManifestError, manifest, written

HERE = Path(captiond.widget.__file__).parent
SOURCES = read_sources()
ALL = "\n".join(SOURCES.values())
PACKAGE: dict[str, Any] = json.loads((HERE / "package.json").read_text(encoding="utf-8"))
ELEMENT: dict[str, Any] = manifest(SOURCES)["modules"][0]["declarations"][0]
TYPINGS = (HERE / "live-captions-element.d.ts").read_text(encoding="utf-8")


def names(kind: str) -> set[str]:
    listed = [one["name"] for one in ELEMENT[kind]]
    assert len(set(listed)) == len(listed)
    return set(listed)


def test_the_manifest_is_what_the_source_says() -> None:
    told = (HERE / NAME).read_text(encoding="utf-8")
    assert told == written(SOURCES), "run `python -m captiond.widget.manifest`"
    assert json.loads(told)["schemaVersion"] == "2.1.0"


def test_a_source_that_does_not_say_what_it_is_is_named() -> None:
    for text in ("export class LiveCaptions {}", "/**\n * words\n */\nexport class LiveCaptions {}"):
        with pytest.raises(ManifestError, match=r"live-captions-element\.js"):
            manifest(SOURCES | {"live-captions-element.js": text})


def test_every_attribute_that_is_read_is_told_and_no_other() -> None:
    [observed] = re.findall(r"observedAttributes = \[(.*?)\]", SOURCES["live-captions-element.js"], re.DOTALL)
    watched = set(re.findall(r'"([\w-]+)"', observed))
    asked = set(re.findall(r'(?:host|this)\.(?:get|has|toggle)Attribute\("([\w-]+)"', ALL))
    asked |= set(re.findall(r":host\(\[([\w-]+)[\]=]", ALL)) - {"hidden"}
    assert watched | asked <= names("attributes")
    labels = {"label-internal", "label-external"}  # asked for by the channel's name
    assert names("attributes") - watched - asked <= labels


def test_every_event_property_and_part_is_told_and_no_other() -> None:
    assert names("events") == set(re.findall(r'emit\("(captions-[a-z-]+)"', ALL))
    assert names("cssProperties") == set(re.findall(r"var\((--captions-[a-z-]+)", ALL))
    assert names("cssStates") == {"live", "paused", "reconnecting", "stale"}
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", ALL, flags=re.DOTALL)
    words = {word for text in re.findall(r'"([^"\n]*)"|`([^`]*)`', code) for word in " ".join(text).split()}
    assert names("cssParts") <= words
    assert all(
        one.get("description") for kind in ("attributes", "events", "cssStates", "cssParts") for one in ELEMENT[kind]
    )


def test_the_typings_know_the_same_members_and_events() -> None:
    body = TYPINGS[TYPINGS.index("export class LiveCaptions") : TYPINGS.index("  addEventListener<")]
    typed = set(re.findall(r"^  (?:static )?(?:readonly )?(?:get |set )?(\w+)[(:]", body, re.MULTILINE))
    assert typed == names("members")
    writable = {one["name"] for one in ELEMENT["members"] if one["kind"] == "field" and not one.get("readonly")}
    assert set(re.findall(r"^  readonly (\w+)", body, re.MULTILINE)).isdisjoint(writable)
    for one in ELEMENT["members"]:
        if one.get("readonly"):
            assert f"  readonly {one['name']}:" in body
    events = TYPINGS[TYPINGS.index("interface LiveCaptionsEventMap") :].partition("\n}")[0]
    assert set(re.findall(r'^  "([\w-]+)":', events, re.MULTILINE)) == names("events")
    feed = (HERE / "caption-feed.d.ts").read_text(encoding="utf-8")
    exported = set(re.findall(r"^export (?:class|function|const) (\w+)", feed, re.MULTILINE))
    assert exported == set(
        re.findall(r"^export (?:class|function|const) (\w+)", SOURCES["caption-feed.js"], re.MULTILINE)
    )
    item = feed[feed.index("interface CaptionItem") :].partition("\n}")[0]
    read = (
        SOURCES["caption-feed.js"].partition("function readCaption")[2].partition("return {")[2].partition("\n  };")[0]
    )
    assert set(re.findall(r"^  (\w+):", item, re.MULTILINE)) == set(re.findall(r"^    (\w+)[:,]", read, re.MULTILINE))


def test_the_entry_points_are_there_and_packed() -> None:
    assert PACKAGE["version"] == captiond.__version__
    packed = set(PACKAGE["files"])
    for entry in PACKAGE["exports"].values():
        for target in [entry] if isinstance(entry, str) else entry.values():
            path = target.removeprefix("./")
            if not path.startswith("dist/"):  # made by `prepack`
                assert (HERE / path).is_file(), path
            assert (
                path == "package.json" or {path, f"*{''.join(Path(path).suffixes)}", f"{path.split('/')[0]}/"} & packed
            )
    assert "captiond.widget.bundle --out captiond/widget/dist" in PACKAGE["scripts"]["prepack"]


@pytest.mark.parametrize("entry", [".", "./define", "./feed"])
def test_an_entry_point_loads_where_there_is_no_browser(entry: str) -> None:
    node = shutil.which("node")
    assert node, "Node.js is needed to test the widget: install the Debian package nodejs"
    said = f"const all = await import('{PACKAGE['exports'][entry]['default']}'); console.log(Object.keys(all).join())"
    ran = subprocess.run(
        [node, "--input-type=module", "-e", said], cwd=HERE, capture_output=True, text=True, timeout=30, check=False
    )
    assert ran.returncode == 0, ran.stderr
    exported = ran.stdout.strip().split(",")
    assert {".": "LiveCaptions" in exported, "./define": exported == [""], "./feed": "CaptionFeed" in exported}[entry]
