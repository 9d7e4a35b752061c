"""What a stage needs of a neural network, so that tests can give it one without a model file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Net(Protocol):
    """A loaded model with one input of uint8 pixels."""

    def run(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        """The outputs, in the manifest's order, all finite. Raises ModelError."""
        ...
