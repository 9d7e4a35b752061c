"""One contract for every camera that replays; then what is special about each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from faceauthd.adapters.camera_av import AvCamera
from faceauthd.adapters.camera_replay import ReplayCamera
from faceauthd.adapters.camera_scene import SceneCamera
from faceauthd.adapters.clock import ManualClock, MonotonicClock
from faceauthd.cameras import open_camera
from faceauthd.config import load_config
from faceauthd.errors import CameraError
from faceauthd.picture import save_picture
from faceauthd.ports import Camera, Clock
from faceauthd.types import Edge, Frame

FRAMES, FPS, STALL_S = 8, 10.0, 2.0
Make = Callable[..., Camera]


def grey(level: int, size: tuple[int, int] = (64, 48)) -> np.ndarray:
    return np.full((size[1], size[0], 3), level, dtype=np.uint8)


@dataclass
class GreyScene:
    """A scene whose frames grow brighter; counts those it drew."""

    cues: tuple[Edge, ...] = ()
    fps: float = FPS
    drawn: int = 0

    def __len__(self) -> int:
        return FRAMES

    def frame(self, index: int) -> Frame:
        self.drawn += 1
        return Frame(grey(20 + 20 * index), index / self.fps)


def of_scene(folder: Path) -> Make:
    return lambda clock, **options: SceneCamera(GreyScene(), clock, stall_s=STALL_S, **options)


def of_folder(folder: Path) -> Make:
    for index in range(FRAMES):
        save_picture(grey(20 + 20 * index), folder / f"{index:02}.png")
    return lambda clock, **options: ReplayCamera(folder, clock, fps=FPS, stall_s=STALL_S, **options)


def of_times(folder: Path) -> Make:
    for index in range(FRAMES):
        save_picture(grey(20 + 20 * index), folder / f"{index}.png")
    rows = "".join(f"{index}.png,{5 + index / FPS}\n" for index in range(FRAMES))
    (folder / "times.csv").write_text(f"file,seconds\n{rows}")
    return lambda clock, **options: ReplayCamera(folder, clock, stall_s=STALL_S, **options)


def of_video(folder: Path) -> Make:
    encode(folder / "video.mkv")
    return lambda clock, **options: AvCamera(str(folder / "video.mkv"), clock, stall_s=STALL_S, **options)


def encode(path: Path, at: Sequence[int] = range(FRAMES), picture: np.ndarray | None = None) -> None:
    """A video of the eight pictures (or of one, eight times), `at` so many tenths of a second."""
    av: Any = pytest.importorskip("av", reason="video needs the extra 'av'")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=int(FPS))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for index in range(FRAMES):
            shown = grey(20 + 20 * index) if picture is None else picture
            frame = av.VideoFrame.from_ndarray(shown, format="rgb24")
            frame.pts, frame.time_base = at[index], Fraction(1, int(FPS))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.fixture(params=[of_scene, of_folder, of_times, of_video])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    made: Make = request.param(tmp_path)
    return made


def level(frame: Frame | None) -> int | None:
    """Which of the pictures a frame is, or None."""
    return None if frame is None else round((float(frame.main.mean()) - 20) / 20)


def test_every_frame_comes_in_order_at_its_time_and_then_it_is_finished(make: Make) -> None:
    clock = ManualClock(100.0)
    camera = make(clock, pace="fast", at_end="stop")
    seen, nows = [], []
    while not camera.finished:
        frame = camera.next_frame(0.5)
        assert frame is not None
        seen.append(frame)
        nows.append(clock.now())
    assert [level(frame) for frame in seen] == list(range(FRAMES))
    assert [frame.time_s for frame in seen] == pytest.approx([100 + index / FPS for index in range(FRAMES)])
    assert nows == pytest.approx([frame.time_s for frame in seen])
    assert all(frame.main.dtype == np.uint8 and frame.main.shape == (48, 64, 3) for frame in seen)
    assert camera.next_frame(0.5) is None
    assert clock.now() == pytest.approx(nows[-1] + 0.5)


@pytest.mark.parametrize("is_video", [False, True])
def test_a_replay_is_set_upright_as_the_configuration_says(tmp_path: Path, is_video: bool) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = (
        200  # top left; turned by a quarter clockwise it is top right, mirrored before that bottom right
    )
    if is_video:
        source = tmp_path / "turned.mkv"
        encode(source, picture=picture)
    else:
        source = tmp_path
        save_picture(picture, tmp_path / "0.png")
    overrides = [f"camera.source=replay:{source}", "camera.rotation=90", "camera.hflip=true", "camera.pace=fast"]
    settings = load_config(None, overrides).config.camera
    camera = open_camera(settings, ManualClock(), lambda edge: None, None)  # type: ignore[arg-type]  # for scenes only
    frame = camera.next_frame(0.5)
    camera.close()
    assert frame is not None
    assert frame.main.shape == (64, 48, 3)
    assert [bool(frame.main[y, x, 0] > 100) for y in (8, 56) for x in (6, 42)] == [False, False, False, True]


def test_a_wait_is_bounded_and_a_frame_that_is_due_later_comes_later(make: Make) -> None:
    clock = ManualClock()
    camera = make(clock, pace="fast", at_end="stop")
    assert level(camera.next_frame(0.02)) == 0
    waited = [level(camera.next_frame(0.04)) for _ in range(3)]
    assert waited == [None, None, 1]
    assert clock.now() == pytest.approx(0.1)


def test_a_slow_consumer_gets_the_newest_frame_at_a_real_pace(make: Make) -> None:
    clock = ManualClock()
    camera = make(clock, pace="real", at_end="stop")
    assert level(camera.next_frame(0.2)) == 0
    clock.advance(0.45)
    frame = camera.next_frame(0.2)
    assert level(frame) == 4
    assert frame is not None
    assert frame.time_s == pytest.approx(0.4)
    assert level(camera.next_frame(0.2)) == 5


def test_a_slow_consumer_gets_every_frame_at_a_fast_pace(make: Make) -> None:
    clock = ManualClock()
    camera = make(clock, pace="fast", at_end="stop")
    assert level(camera.next_frame(0.2)) == 0
    clock.advance(0.45)
    assert [level(camera.next_frame(0.2)) for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("pace", ["real", "fast"])
def test_a_loop_begins_again_and_times_go_on(make: Make, pace: str) -> None:
    camera = make(ManualClock(), pace=pace, at_end="loop")
    frames = [camera.next_frame(0.5) for _ in range(3 * FRAMES)]
    assert [level(frame) for frame in frames] == 3 * list(range(FRAMES))
    times = [frame.time_s for frame in frames if frame is not None]
    assert np.diff(times) == pytest.approx(np.full(3 * FRAMES - 1, 1 / FPS))
    assert not camera.finished


@pytest.mark.parametrize("pace", ["real", "fast"])
def test_the_last_frame_is_held_at_its_pace(make: Make, pace: str) -> None:
    camera = make(ManualClock(), pace=pace, at_end="hold")
    frames = [camera.next_frame(0.5) for _ in range(FRAMES + 4)]
    assert [level(frame) for frame in frames] == [*range(FRAMES), *4 * [FRAMES - 1]]
    times = [frame.time_s for frame in frames if frame is not None]
    assert np.diff(times) == pytest.approx(np.full(FRAMES + 3, 1 / FPS))
    assert not camera.finished


@pytest.mark.parametrize("at_end", ["loop", "hold", "stop"])
def test_somebody_away_for_an_hour_finds_no_times_that_go_back_or_lie_ahead(make: Make, at_end: str) -> None:
    clock = ManualClock()
    camera = make(clock, pace="real", at_end=at_end)
    times = []
    for _ in range(3):
        for _ in range(FRAMES + 2):
            frame = camera.next_frame(0.2)
            if frame is not None:
                times.append(frame.time_s)
                assert frame.time_s <= clock.now()
        clock.advance(3600)
    assert np.all(np.diff(times) > 0)


def test_a_loop_that_was_left_alone_goes_on_from_now(make: Make) -> None:
    clock = ManualClock()
    camera = make(clock, pace="real", at_end="loop")
    camera.next_frame(0.2)
    clock.advance(3600)
    camera.next_frame(0.2)
    fresh = [camera.next_frame(0.2) for _ in range(3)]
    assert [level(frame) for frame in fresh] == [0, 1, 2]
    assert all(frame is not None and frame.time_s >= 3600 for frame in fresh)


def test_it_is_healthy_while_no_frame_is_overdue(make: Make) -> None:
    clock = ManualClock()
    camera = make(clock, pace="fast", at_end="loop")
    assert camera.healthy(clock.now())
    assert not camera.healthy(clock.now() + STALL_S + 0.1)
    camera.next_frame(0.2)
    assert camera.healthy(clock.now() + STALL_S)
    assert not camera.healthy(clock.now() + STALL_S + 1 / FPS + 0.1)
    camera.close()
    assert not camera.healthy(clock.now())


def test_closing_twice_is_safe_and_gives_no_more_frames(make: Make) -> None:
    camera = make(ManualClock(), pace="fast", at_end="loop")
    assert camera.next_frame(0.2) is not None
    camera.close()
    camera.close()
    assert camera.finished
    assert camera.next_frame(0.01) is None


def test_a_real_clock_is_slept_on(make: Make) -> None:
    clock: Clock = MonotonicClock()
    camera = make(clock, pace="real", at_end="stop")
    assert level(camera.next_frame(1.0)) == 0
    second = camera.next_frame(1.0)
    assert second is not None
    assert clock.now() >= second.time_s
    began_s = clock.now()
    assert camera.next_frame(0.001) is None
    assert clock.now() - began_s < 0.09


# --- scenes


def test_cues_press_the_button_before_the_first_frame_after_them() -> None:
    told: list[tuple[str, float]] = []
    scene = GreyScene(cues=(Edge(True, 0.15), Edge(False, 0.3)))
    camera = SceneCamera(
        scene,
        ManualClock(50.0),
        pace="fast",
        on_edge=lambda edge: told.append(("down" if edge.is_down else "up", edge.at_s)),
    )
    for _ in range(5):
        frame = camera.next_frame(0.2)
        assert frame is not None
        told.append(("frame", frame.time_s))
    assert [what for what, _ in told] == ["frame", "frame", "down", "frame", "up", "frame", "frame"]
    assert [at_s for _, at_s in told] == pytest.approx([50.0, 50.1, 50.15, 50.2, 50.3, 50.3, 50.4])


def test_cues_come_while_nobody_gets_a_frame() -> None:
    told: list[Edge] = []
    camera = SceneCamera(GreyScene(cues=(Edge(True, 0.05),), fps=1.0), ManualClock(), pace="fast", on_edge=told.append)
    camera.next_frame(0.01)
    assert camera.next_frame(0.1) is None
    assert told == [Edge(True, 0.05)]


def test_cues_come_again_in_each_round_of_a_loop_and_none_is_lost() -> None:
    told: list[Edge] = []
    cues = (Edge(True, 0.2), Edge(False, 0.79))
    camera = SceneCamera(GreyScene(cues=cues), ManualClock(), pace="fast", at_end="loop", on_edge=told.append)
    for _ in range(2 * FRAMES + 3):
        camera.next_frame(0.5)
    assert [edge.is_down for edge in told] == [True, False, True, False, True]
    assert [edge.at_s for edge in told] == pytest.approx([0.2, 0.79, 1.0, 1.59, 1.8])


def test_frames_that_nobody_sees_are_not_drawn() -> None:
    scene, clock = GreyScene(), ManualClock()
    camera = SceneCamera(scene, clock, pace="real")
    camera.next_frame(0.1)
    clock.advance(0.55)
    camera.next_frame(0.1)
    assert scene.drawn == 2


# --- folders


def test_pictures_of_any_size_and_kind_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name, shade, size in (("b.jpg", 60, (64, 48)), ("a.bmp", 20, (100, 80)), ("C.PNG", 40, (32, 90))):
        save_picture(grey(shade, size), tmp_path / name)
    (tmp_path / "notes.txt").write_text("no picture")
    camera = ReplayCamera(tmp_path, ManualClock(), pace="fast", at_end="stop")
    shown = [camera.next_frame(0.5) for _ in range(3)]
    assert [frame.main.shape for frame in shown if frame] == [(90, 32, 3), (80, 100, 3), (48, 64, 3)]


def test_a_picture_that_cannot_be_read_is_left_out_and_told_once(tmp_path: Path) -> None:
    make = of_folder(tmp_path)
    (tmp_path / "03.png").write_bytes((tmp_path / "03.png").read_bytes()[:40])
    told: list[str] = []
    camera = make(ManualClock(), pace="fast", at_end="loop", on_problem=told.append)
    shown = [level(camera.next_frame(0.5)) for _ in range(2 * (FRAMES - 1))]
    assert shown == 2 * [0, 1, 2, 4, 5, 6, 7]
    assert len(told) == 1
    assert "03.png" in told[0]


def test_only_pictures_that_cannot_be_read_are_an_error(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("broken")
    camera = ReplayCamera(tmp_path, ManualClock(), pace="fast")
    with pytest.raises(CameraError, match="none of the pictures to replay can be read"):
        camera.next_frame(1.0)


def test_a_folder_that_is_not_there_or_empty_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match=r"nowhere: the folder to replay cannot be read: No such file"):
        ReplayCamera(tmp_path / "nowhere", ManualClock())
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(CameraError, match="no pictures to replay; it takes files that end in bmp, jpeg, jpg, png"):
        ReplayCamera(tmp_path, ManualClock())
    with pytest.raises(CameraError, match="more than 0 frames a second, not 0"):
        ReplayCamera(tmp_path, ManualClock(), fps=0)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("name,time\n0.png,0\n", r"times\.csv:1: the first line must be 'file,seconds'"),
        ("", r"times\.csv:1: the first line must be 'file,seconds'"),
        ("file,seconds\n", r"times\.csv: lists 0 pictures"),
        ("file,seconds\n0.png,0\n9.png,1\n", r"times\.csv:3: there is no file '9\.png' beside the table"),
        ("file,seconds\n../0.png,0\n", r"times\.csv:2: there is no file '\.\./0\.png' beside the table"),
        ("file,seconds\n0.png,1\n1.png,0.5\n", r"times\.csv:3: 0\.5 s is not later than the 1 s before it"),
        ("file,seconds\n0.png,1\n\n1.png,1\n", r"times\.csv:4: 1 s is not later than the 1 s before it"),
        ("file,seconds\n0.png,soon\n", r"times\.csv:2: 'soon' is not a number of seconds from 0"),
        ("file,seconds\n0.png,nan\n", r"times\.csv:2: 'nan' is not a number"),
        ("file,seconds\n0.png,-1\n", r"times\.csv:2: '-1' is not a number of seconds from 0"),
        ("file,seconds\n0.png\n", r"times\.csv:2: needs a file and its seconds, found 1 values"),
        ("file,seconds\n0.png,1,2\n", r"times\.csv:2: needs a file and its seconds, found 3 values"),
    ],
)
def test_a_table_of_times_that_is_wrong_is_named_with_its_line(tmp_path: Path, table: str, says: str) -> None:
    of_times(tmp_path)
    (tmp_path / "times.csv").write_text(table)
    with pytest.raises(CameraError, match=says):
        ReplayCamera(tmp_path, ManualClock())


def test_a_picture_alone_is_shown_on_and_on(tmp_path: Path) -> None:
    save_picture(grey(20), tmp_path / "one.png")
    camera = ReplayCamera(tmp_path, ManualClock(), fps=4, pace="fast", at_end="loop")
    times = [frame.time_s for frame in (camera.next_frame(1) for _ in range(4)) if frame]
    assert times == pytest.approx([0, 0.25, 0.5, 0.75])


def test_pictures_far_apart_are_no_stall(tmp_path: Path) -> None:
    of_times(tmp_path)
    (tmp_path / "times.csv").write_text("file,seconds\n0.png,0\n1.png,60\n")
    clock = ManualClock()
    camera = ReplayCamera(tmp_path, clock, pace="fast", stall_s=STALL_S)
    assert level(camera.next_frame(0.2)) == 0
    clock.advance(50)
    assert camera.next_frame(0.2) is None
    assert camera.healthy(clock.now())


# --- video


def test_frames_of_a_video_come_at_the_times_that_it_gives_them(tmp_path: Path) -> None:
    encode(tmp_path / "video.mkv", at=(0, 1, 5, 6, 20, 21, 22, 30))
    camera = AvCamera(str(tmp_path / "video.mkv"), ManualClock(7.0), pace="fast")
    times = [frame.time_s for frame in (camera.next_frame(5) for _ in range(FRAMES)) if frame]
    assert times == pytest.approx([7 + tick / FPS for tick in (0, 1, 5, 6, 20, 21, 22, 30)], abs=0.002)


def test_a_video_that_is_none_is_an_error(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="video needs the extra 'av'")
    (tmp_path / "broken.mp4").write_text("no video")
    for name, says in (("broken.mp4", "the video cannot be opened"), ("none.mp4", "No such file")):
        with pytest.raises(CameraError, match=says):
            AvCamera(str(tmp_path / name), ManualClock())


def test_a_video_that_is_cut_short_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    encode(tmp_path / "video.mkv")
    whole = (tmp_path / "video.mkv").read_bytes()
    (tmp_path / "video.mkv").write_bytes(whole[: len(whole) * 2 // 3])
    camera = AvCamera(str(tmp_path / "video.mkv"), ManualClock(), pace="fast")
    shown = 0
    while not camera.finished and camera.next_frame(0.5):
        shown += 1
    assert 0 < shown < FRAMES
