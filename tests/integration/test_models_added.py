"""Embedders that somebody brings: small ones with random weights, made here, good and bad in each way there is."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import nullcontext, suppress
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from faceauthd.cli.main import main
from faceauthd.errors import ModelError
from faceauthd.evaluation.runner import FaceReader
from faceauthd.gallery import Gallery
from faceauthd.picture import load_picture, resize, save_picture
from faceauthd.register import Register
from faceauthd.resources import shipped
from faceauthd.vision.card import card_of
from faceauthd.vision.onnx_file import contents_of
from faceauthd.vision.pack import ModelPack
from faceauthd.vision.shelf import Shelf, embedder_id
from tests.fakes import FakeClock

onnx = pytest.importorskip("onnx", reason="makes its models with the package onnx: pip install onnx")
SIDE, DIMENSIONS = 32, 24
CURVE: dict[str, Any] = {
    "data": "made up here",
    "date": "2026-11-24",
    "pairs": 200_000,
    "points": [{"fmr": 1e-2, "cosine": 0.3}, {"fmr": 1e-4, "cosine": 0.5}],
}
CARD: dict[str, Any] = {
    "format": 1,
    "name": "tiny",
    "input": "whole-picture",
    "size": SIDE,
    "layout": "NCHW",
    "colours": "RGB",
    "mean": [123.7, 116.3, 103.5],
    "deviation": [58.4, 57.1, 57.4],
    "dimensions": DIMENSIONS,
    "licence": "none needed: random numbers",
    "origin": "made by this test",
}
Run = Callable[..., tuple[int, str, str]]


def model(
    *,
    operator: str = "Conv",
    domain: str = "",
    dims: int = DIMENSIONS,
    scale: float = 1.0,
    rank: int = 2,
    batch: Any = "n",
) -> bytes:
    """A convolution over the whole picture, with random weights."""
    helper = onnx.helper
    weights = np.random.default_rng(5).standard_normal((dims, 3, SIDE, SIDE)).astype(np.float32) * np.float32(scale)
    nodes = [helper.make_node(operator, ["x", "w"], ["y"], domain=domain)]
    nodes.append(helper.make_node("Flatten" if rank == 2 else "Identity", ["y"], ["z"]))
    shape = [batch, dims] if rank == 2 else [batch, dims, 1, 1]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [batch, 3, SIDE, SIDE])],
        [helper.make_tensor_value_info("z", onnx.TensorProto.FLOAT, shape)],
        [onnx.numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())


def external() -> bytes:
    """The same with its values in another file."""
    made = onnx.load_from_string(model())
    tensor = made.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, location="../../etc/passwd")
    tensor.ClearField("raw_data")
    return bytes(made.SerializeToString())


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        place = [f"vision.embedders={tmp_path / 'shelf'}", f"gallery.path={tmp_path / 'gallery'}"]
        with pytest.raises(SystemExit) as ended:
            main(["models", *map(str, arguments), *(word for each in place for word in ("--set", each))])
        return int(ended.value.code or 0), *capsys.readouterr()

    return run


@pytest.fixture
def add(tmp_path: Path, run: Run) -> Run:
    def add(content: bytes, **changes: Any) -> tuple[int, str, str]:
        (tmp_path / "model.onnx").write_bytes(content)
        (tmp_path / "card.yaml").write_text(yaml.safe_dump(CARD | changes))
        return run("add", tmp_path / "model.onnx", "--card", tmp_path / "card.yaml")

    return add


def test_an_embedder_is_added_chosen_used_and_removed(tmp_path: Path, run: Run, add: Run) -> None:
    shelf = tmp_path / "shelf"
    assert add(model(), impostor_curve=CURVE)[0] == 0
    assert "tiny\t\twhole-picture\tmeasured" in run("list")[1]
    code, out, _ = run("use", "tiny")
    assert (code, "must be enrolled again" in out) == (0, True)
    assert run("check")[1] == "tiny: good\n"

    pack = ModelPack.open(shipped("models"), embedders=shelf)
    assert pack.embedder_id == Shelf(shelf).card("tiny").embedder_id == embedder_id(shipped("models"), shelf)
    probe = FaceReader(pack).read(load_picture(shipped("faces") / "astronaut.jpg"))
    assert probe is not None
    assert probe.shape == (512,)
    assert abs(float(np.linalg.norm(probe)) - 1) < 1e-5
    assert not probe[DIMENSIONS:].any()

    assert "is in use" in run("remove", "tiny")[2]
    assert run("use", "shipped")[0] == 0
    assert (
        ModelPack.open(shipped("models"), embedders=shelf).embedder_id == ModelPack.open(shipped("models")).embedder_id
    )
    assert run("remove", "tiny")[0] == 0
    assert Shelf(shelf).names() == []


@pytest.mark.parametrize(
    "change",
    [
        {"colours": "BGR"},
        {"mean": [0, 0, 0]},
        {"deviation": [255, 255, 255]},
        {"input": "aligned-face"},
    ],
)
def test_the_same_file_shown_other_pixels_is_another_embedder(change: dict[str, Any]) -> None:
    """Its embeddings are others, and templates of the one must never be compared with probes of the other."""
    pack = ModelPack.open(shipped("models"))
    as_it_was, changed = (pack.with_embedder(model(), card_of(card)) for card in (CARD, CARD | change))
    assert changed.embedder_id != as_it_was.embedder_id
    assert pack.with_embedder(model(), card_of(CARD | {"licence": "other words"})).embedder_id == as_it_was.embedder_id


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 people in name: one face behind as many sheets of coloured glass, which a whole-picture model tells apart."""
    folder = tmp_path_factory.mktemp("crowd")
    face = resize(load_picture(shipped("faces") / "astronaut.jpg"), (160, 160)).astype(np.float32)
    rng = np.random.default_rng(2)
    for person in range(120):
        (folder / f"p{person:03}").mkdir()
        glass = resize(rng.integers(0, 256, (4, 4, 3), dtype=np.uint8), (160, 160)).astype(np.float32)
        save_picture((0.6 * face + 0.4 * glass).astype(np.uint8), folder / f"p{person:03}" / "1.png")
    return folder


def test_an_added_embedder_is_measured_and_judged_by_it(tmp_path: Path, run: Run, add: Run, crowd: Path) -> None:
    add(model())
    assert "faceauthd models measure tiny --images DIR" in run("use", "tiny")[2]
    code, out, said = run("measure", "tiny", "--images", crowd, "--data", "glass")
    assert (code, "7140 impostor pairs" in out, said) == (0, True, "")
    curve = Shelf(tmp_path / "shelf").card("tiny").impostor_curve
    assert curve is not None
    assert (curve.pairs, curve.data, [point.fmr for point in curve.points]) == (120 * 119 // 2, "glass", [1e-2, 3e-3])
    assert -1 < curve.points[0].cosine < curve.points[1].cosine < 1
    assert "cannot keep a false_accept_rate" in run("use", "tiny")[2], "random weights tell nobody apart"
    Shelf(tmp_path / "shelf").use("tiny")  # as somebody would by hand
    assert ModelPack.open(shipped("models"), embedders=tmp_path / "shelf").impostor_curve == curve


def test_it_is_measured_while_it_is_added(tmp_path: Path, run: Run, crowd: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(model())
    (tmp_path / "card.yaml").write_text(yaml.safe_dump(CARD))
    added = run("add", tmp_path / "model.onnx", "--card", tmp_path / "card.yaml", "--images", crowd)
    assert (added[0], "no impostor curve" in added[2]) == (0, False)
    assert Shelf(tmp_path / "shelf").card("tiny").impostor_curve is not None


def test_too_few_people_make_no_curve_and_leave_the_card_as_it_was(
    tmp_path: Path, run: Run, add: Run, crowd: Path
) -> None:
    few = tmp_path / "few"
    for person in sorted(crowd.iterdir())[:50]:
        shutil.copytree(person, few / person.name)
    add(model())
    card = (tmp_path / "shelf" / "tiny" / "card.yaml").read_bytes()
    code, _, said = run("measure", "tiny", "--images", few)
    assert (code, "1,225 pairs of pictures of different people are too few" in said) == (2, True)
    assert (tmp_path / "shelf" / "tiny" / "card.yaml").read_bytes() == card
    assert run("measure", "nobody", "--images", crowd)[0] == 1


def test_the_shipped_embedder_is_known_by_its_file_alone() -> None:
    """Galleries of every release with this file stay valid."""
    assert (
        ModelPack.open(shipped("models")).embedder_id
        == sha256((shipped("models") / "embedder.onnx").read_bytes()).hexdigest()
    )


def test_without_a_curve_it_is_not_to_be_used(tmp_path: Path, run: Run, add: Run) -> None:
    code, _, said = add(model())
    assert (code, "no impostor curve" in said) == (0, True)
    code, _, said = run("use", "tiny")
    assert (code, "the door refuses to run with it" in said) == (1, True)
    Shelf(tmp_path / "shelf").use("tiny")  # as somebody would by hand
    pack = ModelPack.open(shipped("models"), embedders=tmp_path / "shelf")
    assert pack.impostor_curve is None
    with pytest.raises(ModelError, match="no impostor curve"):
        Register(None, (), 1e-5, FakeClock())  # type: ignore[arg-type]


def test_what_the_start_would_refuse_is_not_to_be_used(tmp_path: Path, run: Run, add: Run) -> None:
    """A curve that is sound, and far too weak for the promise."""
    weak = CURVE | {"points": [{"fmr": 1e-2, "cosine": 0.9}, {"fmr": 1e-4, "cosine": 0.99}]}
    assert add(model(), impostor_curve=weak)[0] == 0
    code, _, said = run("use", "tiny")
    assert (code, "cannot keep a false_accept_rate of 1e-05 with 5 templates" in said) == (1, True), said
    assert Shelf(tmp_path / "shelf").in_use() is None
    assert run("use", "tiny", "--set", "decision.false_accept_rate=1e-3")[0] == 1


def test_a_promise_that_everybody_enrolled_anew_would_break_is_refused_now(
    tmp_path: Path, run: Run, add: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(model(), impostor_curve=CURVE)
    assert run("use", "tiny")[0] == 0
    assert run("use", "shipped")[0] == 0
    monkeypatch.setattr(Gallery, "open", lambda *_, **__: nullcontext(SimpleNamespace(people=lambda: [None] * 10**7)))
    code, _, said = run("use", "tiny")
    assert (code, "with 50000000 templates" in said) == (1, True), said
    assert Shelf(tmp_path / "shelf").in_use() is None


@pytest.mark.parametrize(
    ("content", "changes", "said"),
    [
        (b"not a model", {}, "not an ONNX file"),
        (model()[:-100], {}, "not an ONNX file"),
        (external(), {}, "its values lie in another file"),
        (model(operator="Secret", domain="somebody.else"), {}, "has operators of its own (somebody.else.Secret)"),
        (model(rank=4), {}, "gives tensor(float)"),
        (model(dims=32), {}, "gives tensor(float)"),
        (model(batch=3), {}, "takes just 3 pictures at once"),
        (model(), {"size": 64}, "takes x tensor(float)"),
        (model(), {"layout": "NHWC"}, "takes x tensor(float)"),
        (model(scale=np.inf), {}, "not finite"),
        (model(scale=np.nan), {}, "not finite"),
        (model(scale=0.0), {}, "length zero"),
        (model(), {"dimensions": 513}, "dimensions: must be a whole number from 16 to 512"),
        (model(), {"name": "../up"}, "name: must be"),
        (model(), {"name": "shipped"}, "name: must be"),
        (model(), {"deviation": [1, 0, 1]}, "deviation: must be above 0"),
        (model(), {"mean": [1, 2]}, "mean: must be three numbers"),
        (model(), {"input": "half"}, "input: must be one of aligned-face, whole-picture"),
        (model(), {"licence": ""}, "licence: is missing"),
        (model(), {"colour": "RGB"}, "there is no key 'colour'"),
        (model(), {"impostor_curve": {"points": []}}, "no impostor curve"),
        (model(), {"impostor_curve": CURVE | {"pairs": 10}}, "states FMR 0.0001 from 10 pairs"),
        (
            model(),
            {"impostor_curve": CURVE | {"points": [*CURVE["points"], {"fmr": 1e-3, "cosine": 0.9}]}},
            "monotone",
        ),
    ],
)
def test_what_is_no_embedder_is_refused(tmp_path: Path, add: Run, content: bytes, changes: Any, said: str) -> None:
    code, _, message = add(content, **changes)
    assert (code, said in message) == (1, True), message
    assert message.count("\n") == 1
    assert Shelf(tmp_path / "shelf").names() == []


def test_an_altered_file_stops_the_start(tmp_path: Path, run: Run, add: Run) -> None:
    add(model(), impostor_curve=CURVE)
    run("use", "tiny")
    path = tmp_path / "shelf" / "tiny" / "embedder.onnx"
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ModelError, match=r"SHA-256 is .* the card says"):
        ModelPack.open(shipped("models"), embedders=tmp_path / "shelf")
    (tmp_path / "shelf" / "in-use").write_text("../../etc")
    with pytest.raises(ModelError, match="does not name an embedder"):
        ModelPack.open(shipped("models"), embedders=tmp_path / "shelf")


def test_every_cut_of_a_file_is_seen_or_harmless() -> None:
    """The walker ends on any bytes, with an answer or an error of ours."""
    whole = model()
    head = whole[:200] + whole[-200:]
    for length in range(len(head)):
        for raw in (head[:length], bytes([length & 0xFF]) + head[length:]):
            with suppress(ModelError):
                contents_of(raw)


def test_a_card_that_is_no_mapping_is_refused() -> None:
    for data in (None, [], "card", 5):
        with pytest.raises(ModelError, match="not a card"):
            card_of(data)
