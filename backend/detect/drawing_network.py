"""The network that reads drawings: heat maps of 23 keypoints, then tokens that weigh them against each other.

Nearly all of its work are 3x3 convolutions on 24, 12 and 6 cells across, which processors do fast. The cells are
averaged as each keypoint's heat map weighs them, and the averages attend to one another. Knowing of each other, they
ask the cells again where each keypoint is, so that two elbows do not end on the same arm, and once more when they know
what each was answered. What the cells hold there says where the keypoint is exactly, how sure that is, how near it is
to the viewer, whether it can be seen, and whether there is a figure at all.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import nn

from ..keypoints import FIGURE_23
from ..refine.tensors import split

INPUT_SIZE: Final = 192
"""Width and height of the picture that is read, in pixels."""
CELLS: Final = 48
"""Width and height of the heat maps."""
CELL_PX: Final = INPUT_SIZE // CELLS
POINTS: Final = len(FIGURE_23)
_TOKEN: Final = 128
_HEADS: Final = 4
_HALF: Final = CELLS // 2
_QUESTIONS: Final = 2
_PER_POINT: Final = 7
_COORDINATES: Final = 7
_PEAK_CELLS: Final = 2.0


@dataclass(frozen=True)
class Look:
    """What the network says of N pictures, in pixels of its input; the centre of the first pixel is at (0, 0).

    Attributes:
        heat: (N, 23, 48, 48) logits of where each keypoint is.
        points: (N, 23, 2).
        log_spread: (N, 23) logarithm of b in pixels, where an error r has the density exp(-r / b) / (2 pi b^2).
        depth: (N, 23) nearer to the viewer than the pelvis, as a share of the figure's stature.
        log_depth_sigma: (N, 23) logarithm of the expected error of that.
        visible: (N, 23) logits of being drawn inside the picture and not hidden.
        inside: (N, 23) logits of being inside the picture.
        figure: (N,) logits of there being a figure.
    """

    heat: torch.Tensor
    points: torch.Tensor
    log_spread: torch.Tensor
    depth: torch.Tensor
    log_depth_sigma: torch.Tensor
    visible: torch.Tensor
    inside: torch.Tensor
    figure: torch.Tensor


class _Norm(nn.LayerNorm):
    """Over the channels of each cell of (N, C, H, W)."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Block(nn.Module):
    """Two convolutions that add to what is there; at first they add nothing."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = _Norm(width)
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)
        nn.init.zeros_(self.second.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.second(nn.functional.relu(self.first(self.norm(x)), inplace=True))


class _Attention(nn.Module):
    """One layer of a transformer over (N, T, 128) tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.before = nn.LayerNorm(_TOKEN)
        self.questions = nn.Linear(_TOKEN, 3 * _TOKEN)
        self.answers = nn.Linear(_TOKEN, _TOKEN)
        self.between = nn.LayerNorm(_TOKEN)
        self.wide = nn.Linear(_TOKEN, 2 * _TOKEN)
        self.narrow = nn.Linear(2 * _TOKEN, _TOKEN)
        nn.init.zeros_(self.answers.weight)
        nn.init.zeros_(self.narrow.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = self.questions(self.before(x)).unflatten(2, (3, _HEADS, _TOKEN // _HEADS)).permute(2, 0, 3, 1, 4)
        shares = (parts[0] @ parts[1].transpose(2, 3) * (_TOKEN // _HEADS) ** -0.5).softmax(3)
        mixed = shares @ parts[2]
        x = x + self.answers(mixed.transpose(1, 2).flatten(2))
        return x + self.narrow(nn.functional.relu(self.wide(self.between(x))))


class _Question(nn.Module):
    """What the tokens ask the cells, and what they make of the answer; at first they ask and learn nothing."""

    def __init__(self, cell: int, gathered: int) -> None:
        super().__init__()
        self.ask = nn.Linear(_TOKEN, 4 * cell)
        self.gathered = nn.Linear(gathered, _TOKEN)
        self.attend = nn.Sequential(_Attention(), _Attention())
        for layer in (self.ask, self.gathered):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def answers(self, tokens: torch.Tensor, wide: torch.Tensor) -> torch.Tensor:
        """(N, 23, 48, 48) what each token's question finds in the cells."""
        questions = split(self.ask(tokens), 2, (4, -1)).flatten(1, 2)
        found = questions @ wide.flatten(2) * wide.shape[1] ** -0.5
        return nn.functional.pixel_shuffle(split(found.float(), 2, (_HALF, _HALF)), 2)

    def forward(self, tokens: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """The tokens when they have seen (N, 23, C) what is in the cells now."""
        return self.attend(tokens + self.gathered(seen))


def _stage(width: int, depth: int) -> nn.Sequential:
    return nn.Sequential(*(_Block(width) for _ in range(depth)))


class DrawingNetwork(nn.Module):
    """A drawing's ink -> `Look`.

    Args:
        widths: channels at 48, 24, 12 and 6 cells across.
        depths: residual blocks there.
        spread_factor: what the spreads are multiplied with, so that they hold for drawings never seen in training.
    """

    line: torch.Tensor

    def __init__(
        self,
        widths: tuple[int, ...] = (32, 80, 160, 320),
        depths: tuple[int, ...] = (1, 2, 3, 2),
        spread_factor: float = 1.0,
    ) -> None:
        super().__init__()
        self.widths, self.depths, self.spread_factor = widths, depths, spread_factor
        fine, half, quarter, coarse = widths
        self.enter = nn.Conv2d(CELL_PX * CELL_PX, fine, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(wide, wider, 3, stride=2, padding=1) for wide, wider in itertools.pairwise(widths)
        )
        self.encode = nn.ModuleList(_stage(width, depth) for width, depth in zip(widths, depths, strict=True))
        self.up = nn.ModuleList([nn.Conv2d(coarse, quarter, 1), nn.Conv2d(quarter, half, 1)])
        self.decode = nn.ModuleList([_stage(quarter, 1), _stage(half, 1)])
        self.leave = _Norm(half)
        self.heat = nn.Conv2d(half, POINTS * 4, 3, padding=1)
        self.tokens = nn.Parameter(torch.randn(POINTS, _TOKEN) * 0.1)
        gathered = half + quarter + _COORDINATES
        self.gathered = nn.Linear(gathered, _TOKEN)
        self.whole = nn.Linear(coarse, _TOKEN)
        self.attend = nn.Sequential(_Attention(), _Attention(), _Attention(), nn.LayerNorm(_TOKEN))
        self.questions = nn.ModuleList(_Question(half, gathered) for _ in range(_QUESTIONS))
        self.say = nn.Linear(_TOKEN, _PER_POINT)
        self.figure = nn.Linear(_TOKEN + coarse, 1)
        nn.init.normal_(self.say.weight, std=0.01)
        nn.init.zeros_(self.say.bias)
        self.register_buffer("line", (torch.arange(CELLS) + 0.5) * (2.0 / CELLS) - 1.0, persistent=False)

    def forward(self, ink: torch.Tensor) -> Look:
        """Read N pictures (N, 1, 192, 192) of ink: 0 is paper, 1 a full stroke."""
        wide, middle, summary = self._features(ink)
        heat = nn.functional.pixel_shuffle(self.heat(wide).float(), 2)
        seen, peak = self._seen(heat, wide, middle)
        tokens = self.attend(self.tokens + self.gathered(seen) + self.whole(summary)[:, None])
        for question in self.questions:
            assert isinstance(question, _Question)
            heat = heat + question.answers(tokens, wide)
            seen, peak = self._seen(heat, wide, middle)
            tokens = question(tokens, seen).float()
        said = self.say(tokens).float()
        figure = self.figure(torch.cat([tokens.mean(1), summary], dim=1)).float()
        half = INPUT_SIZE / 2.0
        points = (peak + said[..., :2]) * half + (half - 0.5)
        return Look(
            heat=heat, points=points, log_spread=said[..., 2] + math.log(5.0),
            depth=0.1 * said[..., 3], log_depth_sigma=said[..., 4] - 2.0,
            visible=said[..., 5], inside=said[..., 6] + 2.0, figure=figure[:, 0],
        )  # fmt: skip

    def _seen(self, heat: torch.Tensor, wide: torch.Tensor, middle: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What the cells hold where the heat maps are hot, with where that is: (N, 23, C); and the peaks (N, 23, 2)."""
        with torch.no_grad():
            share = heat.flatten(2).softmax(2)
            centre, peak, where = self._places(share)
            coarse = _halved(share)
        cells = coarse @ wide.float().flatten(2).transpose(1, 2)
        coarser = _halved(coarse) @ middle.float().flatten(2).transpose(1, 2)
        return torch.cat([cells, coarser, where, centre], dim=2), peak

    def _places(self, share: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Of maps (N, P, 48 * 48): mean and deviation (N, P, 4), the peak (N, P, 2), and it with its mass (N, P, 3).

        In halves of the picture's width from its middle. The peak is the mean about the highest cell.
        """
        maps = split(share, 2, (CELLS, CELLS))
        sums = torch.stack([maps.sum(2), maps.sum(3)], dim=2)
        centre = sums @ self.line
        spread = (sums @ self.line.square() - centre.square()).clamp_min(0.0).sqrt()
        row, column = share.argmax(2).div(CELLS, rounding_mode="floor"), share.argmax(2).remainder(CELLS)
        across, down = (self._near(self.line[cell]) for cell in (column, row))
        columns = maps @ torch.stack([across, across * self.line], dim=3)
        mass, x = ((columns * down[..., None]).sum(2)).unbind(2)
        y = (columns[..., 0] * down * self.line).sum(2)
        peak = torch.stack([x, y], dim=2) / mass[..., None]
        return torch.cat([centre, spread], dim=2), peak, torch.cat([peak, mass[..., None]], dim=2)

    def _near(self, middle: torch.Tensor) -> torch.Tensor:
        """(N, P) -> (N, P, 48) a bell about it over the cells of a line."""
        away = (self.line - middle[..., None]) * (CELLS / (2.0 * _PEAK_CELLS))
        return (-0.5 * away.square()).exp()

    def _features(self, ink: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """(N, C, 24, 24), (N, C, 12, 12) and the whole picture's (N, C)."""
        patches = nn.functional.pixel_unshuffle(ink, CELL_PX).contiguous(memory_format=torch.channels_last)
        x = self.encode[0](nn.functional.relu(self.enter(patches)))
        kept: list[torch.Tensor] = []
        for down, encode in zip(self.down, self.encode[1:], strict=True):
            x = encode(down(x))
            kept.append(x)
        half, quarter, coarse = kept
        middle = self.decode[0](quarter + _doubled(self.up[0](coarse)))
        wide = self.decode[1](half + _doubled(self.up[1](middle)))
        return self.leave(wide), middle, coarse.mean((2, 3)).float()


def _doubled(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _halved(share: torch.Tensor) -> torch.Tensor:
    """(N, P, S * S) -> (N, P, S * S / 4): each four cells' sum."""
    side = math.isqrt(share.shape[2])
    maps = share.reshape(share.shape[0], share.shape[1], side, side)
    return 4.0 * nn.functional.avg_pool2d(maps, 2).flatten(2)
