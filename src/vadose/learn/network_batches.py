"""Many small networks at once as batched matrix products (torch): loss, exact gradient and L-BFGS.

The same mathematics and parameter layout as ``network_kernels``. Arrays have the network as their first axis: inputs
``x (B, D, n)``, target ``y (B, n)``, and weights of the rows ``fit`` and ``held (B, n)``, which are 1 / number of
training or validation rows of the network, 0 elsewhere. Rows are float32, parameters and search directions float64.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass
class Rows:
    """Standardised rows of a batch of networks."""

    x: Tensor
    y: Tensor
    fit: Tensor
    held: Tensor
    penalty: Tensor

    def take(self, networks: Tensor) -> Rows:
        """The rows of some of the networks."""
        return Rows(*(getattr(self, f.name)[networks] for f in fields(self)))


def objective(theta: Tensor, rows: Rows, hidden: int) -> tuple[Tensor, Tensor, Tensor]:
    """Loss with penalty, its gradient, and the mean squared error of the rows held back, per network."""
    import torch

    batch, inputs = rows.x.shape[0], rows.x.shape[1]
    first = hidden * inputs
    single = theta.to(rows.x.dtype)
    w1, b1 = single[:, :first].view(batch, hidden, inputs), single[:, first : first + hidden, None]
    w2, b2 = single[:, first + hidden : -1, None], single[:, -1:]
    node = torch.tanh(torch.baddbmm(b1, w1, rows.x))
    rest = torch.bmm(w2.transpose(1, 2), node)[:, 0] + b2 - rows.y
    square = rest * rest
    pull = 2.0 * rest * rows.fit
    by_node = w2 * pull[:, None] * (1.0 - node * node)
    gradient = torch.cat(
        [
            torch.bmm(by_node, rows.x.transpose(1, 2)).reshape(batch, first),
            by_node.sum(2),
            torch.bmm(node, pull[..., None])[..., 0],
            pull.sum(1, keepdim=True),
        ],
        dim=1,
    ).to(theta.dtype)
    weight = theta.clone()  # biases are not penalised
    weight[:, first : first + hidden] = 0.0
    weight[:, -1] = 0.0
    gradient += 2.0 * rows.penalty[:, None] * weight
    loss = (square * rows.fit).sum(1).to(theta.dtype) + rows.penalty * (weight * weight).sum(1)
    return loss, gradient, (square * rows.held).sum(1).to(theta.dtype)


def _direction(gradient: Tensor, steps: Tensor, changes: Tensor, weight: Tensor) -> Tensor:
    """Minus approximate inverse Hessian x gradient; pairs (B, MEMORY, P), newest last, weight 0 where there is none."""
    import torch

    from .network_kernels import MEMORY

    out = -gradient
    amount = []
    for j in range(MEMORY - 1, -1, -1):
        a = weight[:, j] * (steps[:, j] * out).sum(1)
        out = out - a[:, None] * changes[:, j]
        amount.append(a)
    newest, size = weight[:, -1], (changes[:, -1] ** 2).sum(1)
    known = newest > 0
    scale = torch.where(known, 1.0 / torch.where(known, newest * size, 1.0), 1.0)
    out = out * scale[:, None]
    for j, a in enumerate(reversed(amount)):
        out = out + (a - weight[:, j] * (changes[:, j] * out).sum(1))[:, None] * steps[:, j]
    return out


def _search(
    theta: Tensor, loss: Tensor, slope: Tensor, direction: Tensor, step: Tensor, rows: Rows, hidden: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weak-Wolfe bisection of every network by itself; only those still searching are evaluated again."""
    import torch

    from .network_kernels import TRIALS

    low, high = torch.zeros_like(step), torch.full_like(step, torch.inf)
    tried = theta + step[:, None] * direction
    value, gradient, score = objective(tried, rows, hidden)
    at = torch.arange(len(theta), device=theta.device)
    for trial in range(TRIALS):
        short = ~(value[at] <= loss[at] + 1e-4 * step[at] * slope[at])
        flat = (gradient[at] * direction[at]).sum(1) < 0.9 * slope[at] if trial < 4 else torch.zeros_like(short)
        high[at] = torch.where(short, step[at], high[at])
        low[at] = torch.where(~short & flat, step[at], low[at])
        at = at[short | flat]
        if trial == TRIALS - 1 or len(at) == 0:
            break
        step[at] = torch.where(torch.isinf(high[at]), 2.0 * step[at], 0.5 * (low[at] + high[at]))
        tried[at] = theta[at] + step[at, None] * direction[at]
        value[at], gradient[at], score[at] = objective(tried[at], rows.take(at), hidden)
    return tried, value, gradient, score


@dataclass
class _Search:
    """Where every network of a batch stands."""

    theta: Tensor
    loss: Tensor
    gradient: Tensor
    steps: Tensor
    changes: Tensor
    weight: Tensor
    small: Tensor
    ended: Tensor
    best: Tensor
    chosen: Tensor
    chosen_at: Tensor
    number: Tensor

    def take(self, networks: Tensor) -> _Search:
        return replace(self, **{f.name: getattr(self, f.name)[networks] for f in fields(self)})


def minimise(
    start: Tensor, rows: Rows, *, hidden: int, max_iter: int, tolerance: float, patience: int
) -> tuple[Tensor, Tensor, Tensor]:
    """L-BFGS of a batch of networks from ``start`` (B, P).

    Returns the parameters of the best look at the validation rows (the last iteration where there are none), the
    mean squared error they were chosen by, and the number of iterations, per network.
    """
    import torch

    from .network_kernels import CHECK, MEMORY, STALLED

    count, size = start.shape
    validate = rows.held.sum(1) > 0
    loss, gradient, _ = objective(start, rows, hidden)
    s = _Search(
        theta=start.clone(), loss=loss, gradient=gradient,
        steps=start.new_zeros(count, MEMORY, size), changes=start.new_zeros(count, MEMORY, size),
        weight=start.new_zeros(count, MEMORY), small=torch.zeros_like(loss),
        ended=torch.zeros_like(validate), best=start.clone(), chosen=torch.full_like(loss, torch.inf),
        chosen_at=torch.zeros_like(loss), number=torch.arange(count, device=start.device),
    )  # fmt: skip
    best, chosen, iterations = start.clone(), torch.full_like(loss, torch.inf), torch.zeros_like(loss)
    for done in range(1, max_iter + 1):
        direction = _direction(s.gradient, s.steps, s.changes, s.weight)
        slope = (s.gradient * direction).sum(1)
        up = ~(slope < 0)
        s.weight[up] = 0.0
        direction = torch.where(up[:, None], -s.gradient, direction)
        slope = torch.where(up, -(s.gradient**2).sum(1), slope)
        fresh = s.weight[:, -1] == 0
        step = torch.where(fresh, torch.clamp((-slope + 1e-30) ** -0.5, max=1.0), 1.0)
        tried, value, gradient, score = _search(s.theta, s.loss, slope, direction, step, rows, hidden)

        better = (value < s.loss) & ~s.ended
        change, moved = gradient - s.gradient, tried - s.theta
        bend = (change * moved).sum(1)
        kept = better & (bend > 1e-12)
        s.steps[kept] = torch.cat([s.steps[kept, 1:], moved[kept, None]], dim=1)
        s.changes[kept] = torch.cat([s.changes[kept, 1:], change[kept, None]], dim=1)
        s.weight[kept] = torch.cat([s.weight[kept, 1:], 1.0 / bend[kept, None]], dim=1)
        s.weight[~better] = 0.0  # once more along the steepest descent, without memory
        s.small = torch.where(better, torch.where(s.loss - value < tolerance * s.loss, s.small + 1, 0.0), s.small)
        stop = (~better & fresh) | (s.small >= STALLED)
        s.theta = torch.where(better[:, None], tried, s.theta)
        s.gradient = torch.where(better[:, None], gradient, s.gradient)
        s.loss = torch.where(better, value, s.loss)
        if done % CHECK == 0:
            look = better & validate[s.number]
            won = look & (score < s.chosen)
            s.best = torch.where(won[:, None], s.theta, s.best)
            s.chosen, s.chosen_at = torch.where(won, score, s.chosen), torch.where(won, float(done), s.chosen_at)
            stop |= look & ~won & (done - s.chosen_at >= patience)
        stop = (stop | (done == max_iter)) & ~s.ended
        iterations[s.number[stop]] = float(done)
        s.ended |= stop
        if done % CHECK == 0 or done == max_iter:  # now and then, because shrinking the batch copies its rows
            if bool(s.ended.any()):
                _finish(s.take(s.ended), rows.take(s.ended), hidden, validate, best, chosen)
                s, rows = s.take(~s.ended), rows.take(~s.ended)
            if len(s.number) == 0:
                break
    return best, chosen, iterations


def _finish(s: _Search, rows: Rows, hidden: int, validate: Tensor, best: Tensor, chosen: Tensor) -> None:
    """A last look at networks that end, and their results into the rows of ``best`` and ``chosen``."""
    import torch

    free = replace(rows, penalty=torch.zeros_like(rows.penalty))
    loss, _, score = objective(s.theta, free, hidden)
    last = torch.where(validate[s.number], score, loss)
    won = last < s.chosen
    best[s.number] = torch.where(won[:, None], s.theta, s.best)
    chosen[s.number] = torch.where(won, last, s.chosen)
