"""How a fit weighs what it is told."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class FitSettings:
    """Weights of a fit. The defaults suit a detector's points and a trained prior whose sigmas are honest.

    Attributes:
        prior_weight: factor on the prior's 1 / sigma^2. Honest sigmas want 1; 2 costs 5 % there and keeps the fit from
            making poses worse where the points' sigma is told too small.
        robust_sigmas: a point this many of its sigmas off counts a quarter of what it would.
        robust_m: metres at the person's depth that are added to that (as squares): what the skeleton itself may be off.
        robust_start: how many times wider that is in the first iteration; halved with each.
        limit_sigma: radians beyond a joint's range that count as one standard deviation; infinite for no limits.
        log_scale_sigma: of each length group, where the prior does not say.
        pelvis_sigma_m: how near the pelvis stays to where it is placed first, metres.
        focal_sigma: of the logarithm of a factor on the focal lengths; 0 keeps the camera as it is.
        damping: of the first iteration, as a share of the second derivatives.
        tolerance: the fit stops when the energy of nearly every problem falls by less than this share.
        posterior: also tell how sure each joint is afterwards.
    """

    prior_weight: float = 2.0
    robust_sigmas: float = 4.0
    robust_m: float = 0.03
    robust_start: float = 4.0
    limit_sigma: float = math.radians(5.0)
    log_scale_sigma: float = 0.06
    pelvis_sigma_m: float = 3.0
    focal_sigma: float = 0.0
    damping: float = 1e-3
    tolerance: float = 1e-3
    posterior: bool = False
