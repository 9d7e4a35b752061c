"""The model pack: files checked against their hashes, loaded and ready; the one module that knows onnxruntime."""

from __future__ import annotations

import functools
import hashlib
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

# Before the import, which otherwise numbers this machine in a file and a database under HOME, to be sent one day.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from faceauthd.errors import ModelError
from faceauthd.vision.align import aligned_crop
from faceauthd.vision.foreign import ForeignNet, Viewing, check_content
from faceauthd.vision.manifest import ModelCard, Tensor, read_manifest
from faceauthd.vision.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.types import Picture
    from faceauthd.vision.card import EmbedderCard
    from faceauthd.vision.manifest import ImpostorCurve
    from faceauthd.vision.net import Net

_ORT_ERRORS = (
    ort_errors.EPFail,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NoSuchFile,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
)
_DTYPES = {"tensor(uint8)": "uint8", "tensor(float)": "float32"}
_ERRORS_ONLY = 3
_TO_POWERS_OF_TWO, _FIRST_BYTES = 0, 1 << 22
"""How onnxruntime's arena grows (`kNextPowerOfTwo`): in few large pieces, of which only what is used becomes resident.
Growing by just what is asked for leaves gaps that nothing fits into: 6 MB more (x86-64, 2026-11-24)."""
_REMEDY = "restore the models folder from the release"


class OnnxNet:
    """One loaded model; a `vision.net.Net`."""

    def __init__(self, session: onnxruntime.InferenceSession, card: ModelCard) -> None:
        self._session = session
        self._card = card
        self._input = card.inputs[0].name
        self._outputs = [output.name for output in card.outputs]

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """The outputs, in the manifest's order, all finite. Raises ModelError."""
        try:
            answers = self._session.run(self._outputs, {self._input: pixels})
        except _ORT_ERRORS as error:
            raise ModelError(f"{self._card.file}: cannot be run ({_one_line(error)}); {_REMEDY}") from error
        if not all(np.isfinite(answer).all() for answer in answers):
            raise ModelError(f"{self._card.file}: gave numbers that are not finite; {_REMEDY}")
        return tuple(answers)


@dataclass(frozen=True, slots=True)
class ModelPack:
    """The five models of one folder."""

    detector: OnnxNet
    landmarks: OnnxNet
    embedder: Net
    liveness: OnnxNet
    eyes: OnnxNet
    embedder_id: str
    """SHA-256 of the shipped embedder's file, or of an added one's file and recipe: templates of another are never
    compared."""
    impostor_curve: ImpostorCurve | None
    view: Callable[[Picture, NDArray[np.float32]], Picture] = aligned_crop
    """From a picture and its 68 landmarks to what the embedder is shown."""

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1, embedders: Path | None = None) -> ModelPack:
        """Check and load every model in `folder`; each runs on `threads` threads that do not spin.

        With `embedders` the one that is in use there takes the shipped embedder's place. Raises ModelError if a file
        is missing, altered, or its inputs and outputs are not what the manifest, or its card, states.
        """
        onnxruntime.disable_telemetry_events()
        _share_arena()
        cards = read_manifest(folder / "manifest.yaml")
        loaded: dict[str, Any] = {role: _load(folder, card, threads) for role, card in cards.items()}
        shipped = cls(
            **loaded,
            embedder_id=cards["embedder"].sha256,
            impostor_curve=cards["embedder"].impostor_curve,
        )
        name = Shelf(embedders).in_use() if embedders else None
        if embedders is None or name is None:
            return shipped
        return shipped.with_embedder(Shelf(embedders).content(name), Shelf(embedders).card(name), threads=threads)

    def with_embedder(self, content: bytes, card: EmbedderCard, *, threads: int = 1) -> ModelPack:
        """The same pack with an embedder that somebody brought. Raises ModelError if it is not what its card says."""
        check_content(content, card)
        try:
            session = onnxruntime.InferenceSession(content, _options(threads), providers=["CPUExecutionProvider"])
        except _ORT_ERRORS as error:
            raise ModelError(f"{card.name}: cannot be loaded ({_one_line(error)}); export it again") from error
        return replace(
            self,
            embedder=ForeignNet(_RawSession(session, card), card),
            embedder_id=replace(card, sha256=hashlib.sha256(content).hexdigest()).embedder_id,
            impostor_curve=card.impostor_curve,
            view=Viewing(card.recipe),
        )


class _RawSession:
    """A `vision.foreign.Raw`."""

    def __init__(self, session: onnxruntime.InferenceSession, card: EmbedderCard) -> None:
        self._session, self._name = session, card.name
        inputs, output = session.get_inputs(), session.get_outputs()[0]
        given = ", ".join(f"{node.name} {node.type}{node.shape}" for node in inputs)
        wanted = ", ".join(map(str, card.recipe.shape))
        if len(inputs) != 1 or inputs[0].type != "tensor(float)" or not _fits(inputs[0].shape, card.recipe.shape):
            raise ModelError(f"{card.name}: takes {given}, the card says one tensor(float)[n, {wanted}]; correct it")
        if output.type != "tensor(float)" or not _fits(output.shape, (card.recipe.dimensions,)):
            says = f"tensor(float)[n, {card.recipe.dimensions}]"
            raise ModelError(f"{card.name}: gives {output.type}{output.shape}, the card says {says}; correct it")
        self._input, self._output = inputs[0].name, output.name
        first = inputs[0].shape[0]
        self.batch: int | None = first if isinstance(first, int) else None
        if self.batch not in (1, None):
            raise ModelError(f"{card.name}: takes just {self.batch} pictures at once; export it for one, or any number")

    def run(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        try:
            (answer,) = self._session.run([self._output], {self._input: values})
        except _ORT_ERRORS as error:
            raise ModelError(f"{self._name}: cannot be run ({_one_line(error)}); export it again") from error
        return np.asarray(answer)


def _fits(shape: list[int | str | None], wanted: tuple[int, ...]) -> bool:
    """Whether a tensor of this shape may be (any number, *wanted); a dimension without a size may be of any."""
    return len(shape) == len(wanted) + 1 and all(
        size == want for size, want in zip(shape[1:], wanted, strict=True) if isinstance(size, int)
    )


def _load(folder: Path, card: ModelCard, threads: int) -> OnnxNet:
    path = folder / card.file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}; {_REMEDY}") from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ModelError(f"{path}: SHA-256 is {found}, the manifest expects {card.sha256}; {_REMEDY}")
    try:
        session = onnxruntime.InferenceSession(content, _options(threads), providers=["CPUExecutionProvider"])
    except _ORT_ERRORS as error:
        raise ModelError(f"{path}: cannot be loaded ({_one_line(error)}); {_REMEDY}") from error
    _compare(path, "inputs", card.inputs, session.get_inputs())
    _compare(path, "outputs", card.outputs, session.get_outputs())
    return OnnxNet(session, card)


def _options(threads: int) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.enable_mem_pattern = False  # one block as large as the whole model needs; pieces fit into each other's gaps
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.use_env_allocators", "1")
    options.add_session_config_entry("session.use_device_allocator_for_initializers", "1")
    return options


@functools.cache
def _share_arena() -> None:
    """One arena for all models, which run one after the other: it keeps what the largest needs, 15 MB.

    One for each keeps five times as much, and none at all takes the same pages from the system for each look anew, or
    leaves the heap full of gaps: 60 MB (x86-64, 2026-11-24).
    """
    where = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    growth = {"arena_extend_strategy": _TO_POWERS_OF_TWO, "initial_chunk_size_bytes": _FIRST_BYTES}
    onnxruntime.create_and_register_allocator(
        where, onnxruntime.OrtArenaCfg({**growth, "max_mem": 0, "max_dead_bytes_per_chunk": -1})
    )


def _compare(path: Path, side: str, expected: tuple[Tensor, ...], nodes: list[Any]) -> None:
    found = tuple(Tensor(node.name, _DTYPES.get(node.type, node.type), tuple(node.shape)) for node in nodes)
    if found != expected:
        wanted, given = (", ".join(map(str, tensors)) for tensors in (expected, found))
        raise ModelError(f"{path}: {side} are {given}, the manifest expects {wanted}; {_REMEDY}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
