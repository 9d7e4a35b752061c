"""Paths and camera sources: what is expanded, what is left alone, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from faceauthd.config.places import Places, absolute_path
from faceauthd.config.source import CameraSource, SourceKind, absolute_source, parse_source

BOTH = {"HOME": "/h/ann", "XDG_STATE_HOME": "/state", "XDG_RUNTIME_DIR": "/run/user/7"}


@pytest.mark.parametrize(
    ("text", "env", "expected"),
    [
        ("/a/b", {}, "/a/b"),
        ("a/b", {}, "/etc/f/a/b"),
        ("../b", {}, "/etc/f/../b"),
        ("a b$HOME/~", {}, "/etc/f/a b$HOME/~"),
        ("~", BOTH, "/h/ann"),
        ("~/x", BOTH, "/h/ann/x"),
        ("~//x", BOTH, "/h/ann/x"),
        ("$HOME/x", BOTH, "/h/ann/x"),
        ("$XDG_STATE_HOME/x", BOTH, "/state/x"),
        ("$XDG_STATE_HOME/x", {"HOME": "/h/ann"}, "/h/ann/.local/state/x"),
        ("$XDG_STATE_HOME/x", {"HOME": "/h/ann", "XDG_STATE_HOME": "relative"}, "/h/ann/.local/state/x"),
        ("$XDG_RUNTIME_DIR/x", BOTH, "/run/user/7/x"),
        ("$XDG_RUNTIME_DIR/x", {"HOME": "/h/ann"}, "/h/ann/.local/state/x"),
        ("$XDG_RUNTIME_DIR/x", {"XDG_STATE_HOME": "/state"}, "/state/x"),
    ],
)
def test_a_path_becomes_absolute(text: str, env: dict[str, str], expected: str) -> None:
    assert str(absolute_path(text, Places(Path("/etc/f"), env))) == expected


@pytest.mark.parametrize("text", ["", "  ", "a\0b", "~bob/x", "$FOO/x", "$HOMES", "${HOME}/x"])
def test_a_path_that_cannot_be_meant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"needed|NUL|write the path out"):
        absolute_path(text, Places(Path("/etc/f"), BOTH))


@pytest.mark.parametrize("text", ["~/x", "$HOME", "$XDG_STATE_HOME/x", "$XDG_RUNTIME_DIR/x"])
@pytest.mark.parametrize("env", [{}, {"HOME": ""}, {"HOME": "h/ann"}])
def test_without_a_home_nothing_is_made_up(text: str, env: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="HOME is not set to an absolute path"):
        absolute_path(text, Places(Path("/etc/f"), env))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("picamera2", CameraSource(SourceKind.PICAMERA2)),
        ("picamera2:1", CameraSource(SourceKind.PICAMERA2, "1")),
        ("replay:a: b", CameraSource(SourceKind.REPLAY, "a: b")),
        ("scene:demo", CameraSource(SourceKind.SCENE, "demo")),
        ("av:rtsp://host:554/x", CameraSource(SourceKind.AV, "rtsp://host:554/x")),
        ("none", CameraSource(SourceKind.NONE)),
    ],
)
def test_a_source_is_read_and_written_back(text: str, expected: CameraSource) -> None:
    assert parse_source(text) == expected
    assert str(expected) == text


def test_the_first_camera_is_meant_if_none_is_named() -> None:
    assert [parse_source(text).camera_number for text in ("picamera2", "picamera2:0", "picamera2:1")] == [0, 0, 1]


@pytest.mark.parametrize(
    "text",
    [
        *("", "usb", "Picamera2", "/dev/video0", "rtsp://host/x"),
        *("picamera2:", "picamera2:x", "picamera2:-1", "picamera2:\u00b2"),
        *("replay", "replay:", "scene: ", "av:", "none:", "none:x"),
    ],
)
def test_what_is_no_source_is_refused_with_the_forms_there_are(text: str) -> None:
    with pytest.raises(ValueError, match=r"use |for example"):
        parse_source(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("replay:faces", "replay:/etc/f/faces"),
        ("replay:~/faces", "replay:/h/ann/faces"),
        ("replay:/faces", "replay:/faces"),
        ("scene:demo", "scene:demo"),
        ("scene:demo.yaml", "scene:/etc/f/demo.yaml"),
        ("scene:./demo", "scene:/etc/f/demo"),
        ("scene:~/demo", "scene:/h/ann/demo"),
        ("av:clip.mp4", "av:/etc/f/clip.mp4"),
        ("av:/dev/video0", "av:/dev/video0"),
        ("av:rtsp://host/x", "av:rtsp://host/x"),
        ("picamera2:1", "picamera2:1"),
    ],
)
def test_the_path_in_a_source_becomes_absolute_and_stays_so(text: str, expected: str) -> None:
    found = absolute_source(text, Places(Path("/etc/f"), BOTH))
    assert found == expected
    assert absolute_source(found, Places(Path("/elsewhere"), {})) == expected


def test_only_a_bare_name_is_a_shipped_scene() -> None:
    texts = ("scene:demo", "scene:demo.yaml", "scene:a/demo", "replay:demo")
    assert [parse_source(text).is_shipped_scene for text in texts] == [True, False, False, False]
