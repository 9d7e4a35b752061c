"""The model pack: files checked against their hashes, loaded and ready; the one module that knows onnxruntime."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

# Before the import, which otherwise numbers this machine in a file and a database under HOME, to be sent one day.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from faceauthd.errors import ModelError
from faceauthd.vision.manifest import ModelCard, Tensor, read_manifest

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from faceauthd.vision.manifest import ImpostorCurve

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
    embedder: OnnxNet
    liveness: OnnxNet
    eyes: OnnxNet
    embedder_id: str
    """SHA-256 of the embedder's file: templates of another one are never compared."""
    impostor_curve: ImpostorCurve | None

    @classmethod
    def open(cls, folder: Path, *, threads: int = 1) -> ModelPack:
        """Check and load every model in `folder`; each runs on `threads` threads that do not spin.

        Raises ModelError if a file is missing, altered, or its inputs and outputs are not what the manifest states.
        """
        onnxruntime.disable_telemetry_events()
        cards = read_manifest(folder / "manifest.yaml")
        return cls(
            **{role: _load(folder, card, threads) for role, card in cards.items()},
            embedder_id=cards["embedder"].sha256,
            impostor_curve=cards["embedder"].impostor_curve,
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
    options.enable_cpu_mem_arena = False  # an arena keeps the most that each model ever needed, five times over
    options.log_severity_level = _ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _compare(path: Path, side: str, expected: tuple[Tensor, ...], nodes: list[Any]) -> None:
    found = tuple(Tensor(node.name, _DTYPES.get(node.type, node.type), tuple(node.shape)) for node in nodes)
    if found != expected:
        wanted, given = (", ".join(map(str, tensors)) for tensors in (expected, found))
        raise ModelError(f"{path}: {side} are {given}, the manifest expects {wanted}; {_REMEDY}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
