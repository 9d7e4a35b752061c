#!/usr/bin/env python3
"""Export an ImageNet ConvNeXt-Atto, without its classifier, as an embedder of whole pictures, with its card.

    pip install torch onnx                                                       # for this tool alone
    python tools/export_convnext.py --out convnext/                              # with random weights
    python tools/export_convnext.py --out convnext/ --weights convnext_atto.pth  # a state dict under timm's names
    sudo faceauthd models add convnext/embedder.onnx --card convnext/card.yaml --images faces/

It is the worked example of docs/embedders.md, and no recommendation: what it was taught is to tell a cat from a car,
whoever holds it. Liu et al., "A ConvNet for the 2020s", 2022; Atto is the size that timm made of it.
"""

from __future__ import annotations

import argparse
import pickle
import sys
from pathlib import Path
from typing import Any

import yaml

DEPTHS, WIDTHS, SIDE = (2, 2, 6, 2), (40, 80, 160, 320), 224
MEAN, DEVIATION = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Of ImageNet, for pixels from 0 to 255."""
OPSET, SEED = 17, 0


def card(origin: str) -> dict[str, Any]:
    """What `faceauthd models add` has to know of it."""
    return {
        "format": 1,
        "name": "convnext-atto",
        "input": "whole-picture",
        "size": SIDE,
        "layout": "NCHW",
        "colours": "RGB",
        "mean": list(MEAN),
        "deviation": list(DEVIATION),
        "dimensions": WIDTHS[-1],
        "licence": "that of the weights; random ones have none",
        "origin": origin,
    }


def network() -> Any:
    """The network from normalised pixels (n, 3, 224, 224) to (n, 320); parameters are named as timm names them."""
    from torch import Tensor, nn, ones

    class Norm(nn.LayerNorm):
        """Over the channels of (n, c, h, w)."""

        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    class Mlp(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.fc1, self.act, self.fc2 = nn.Conv2d(width, 4 * width, 1), nn.GELU(), nn.Conv2d(4 * width, width, 1)

        def forward(self, x: Tensor) -> Tensor:
            return self.fc2(self.act(self.fc1(x)))

    class Block(nn.Module):
        def __init__(self, width: int) -> None:
            super().__init__()
            self.conv_dw = nn.Conv2d(width, width, 7, padding=3, groups=width)
            self.norm, self.mlp = Norm(width, eps=1e-6), Mlp(width)
            self.gamma = nn.Parameter(1e-6 * ones(width))

        def forward(self, x: Tensor) -> Tensor:
            return x + self.mlp(self.norm(self.conv_dw(x))) * self.gamma.reshape(1, -1, 1, 1)

    class Stage(nn.Module):
        def __init__(self, before: int, width: int, depth: int) -> None:
            super().__init__()
            halved = nn.Sequential(Norm(before, eps=1e-6), nn.Conv2d(before, width, 2, stride=2))
            self.downsample = nn.Identity() if before == width else halved
            self.blocks = nn.Sequential(*(Block(width) for _ in range(depth)))

        def forward(self, x: Tensor) -> Tensor:
            return self.blocks(self.downsample(x))

    class Atto(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, WIDTHS[0], 4, stride=4), Norm(WIDTHS[0], eps=1e-6))
            before = (WIDTHS[0], *WIDTHS[:-1])
            self.stages = nn.Sequential(*map(Stage, before, WIDTHS, DEPTHS))
            self.head = nn.ModuleDict({"norm": nn.LayerNorm(WIDTHS[-1], eps=1e-6)})

        def forward(self, x: Tensor) -> Tensor:
            return self.head["norm"](self.stages(self.stem(x)).mean((2, 3)))

    return Atto()


def export(out: Path, weights: Path | None) -> None:
    """Write `embedder.onnx` and `card.yaml`. Raises OSError, RuntimeError if the weights are of another network."""
    import torch

    torch.manual_seed(SEED)
    model = network()
    origin = "tools/export_convnext.py with random weights: it has been taught nothing"
    if weights is not None:
        state = torch.load(weights, map_location="cpu", weights_only=True)
        model.load_state_dict({name: value for name, value in state.items() if not name.startswith("head.fc")})
        origin = f"tools/export_convnext.py, weights of {weights.name}"
    out.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        model.eval(),
        (torch.zeros(1, 3, SIDE, SIDE),),
        str(out / "embedder.onnx"),
        input_names=["pixels"],
        output_names=["embedding"],
        dynamic_axes={"pixels": {0: "n"}, "embedding": {0: "n"}},
        opset_version=OPSET,
        dynamo=False,
    )
    (out / "card.yaml").write_text(yaml.safe_dump(card(origin), sort_keys=False), encoding="utf-8")


def main() -> int:
    """Export; 0 if done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder for embedder.onnx and card.yaml")
    parser.add_argument("--weights", type=Path, default=None, help="state dict (.pth); random weights without it")
    options = parser.parse_args()
    try:
        export(options.out, options.weights)
    except ImportError as error:
        print(f"export_convnext: {error.name} is missing: pip install torch onnx", file=sys.stderr)
        return 2
    except (OSError, RuntimeError, pickle.UnpicklingError) as error:
        print(f"export_convnext: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
