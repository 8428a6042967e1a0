"""Which subsets of a round's predictors get an independent network, and which of two is preferred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations as subsets_of


@dataclass(frozen=True)
class Combination:
    """One independent network: its predictors and what its priority rests on.

    Attributes
    ----------
    products : tuple of str
        Predictors, in the round's order.
    sensors : int
        Different sensors among them.
    quality : float
        Sum of the products' quality.
    samples : int
        Dekads to learn from.
    target : float
        Mean quality of the target over those dekads; 0 is the best target, −1 the second.
    """

    products: tuple[str, ...]
    sensors: int = 1
    quality: float = 1.0
    samples: int = 0
    target: float = 0.0

    @property
    def label(self) -> str:
        """Products joined by ``+``."""
        return "+".join(self.products)


def enumerate_subsets(products: Sequence[str], *, masked_by: Sequence[str], sensors: Mapping[str, str],
                      per_sensor: str = "any") -> list[tuple[str, ...]]:  # fmt: skip
    """Admissible subsets of the predictors.

    Parameters
    ----------
    products : sequence of str
        The round's predictors.
    masked_by : sequence of str
        Products that are missing under snow and ice. A subset without any of them would let the model run there
        and is left out. An empty sequence admits every subset.
    sensors : mapping
        Product -> sensor.
    per_sensor : {"any", "all-or-one"}
        ``"all-or-one"``: of several products of one sensor, which are missing together, a subset takes all or one.

    Returns
    -------
    list of tuple of str
        Larger subsets first, else in the order of the products.

    Notes
    -----
    At most 2^k − 1 subsets of k products (METHODS 2.2: 4 + 6 + 4 + 1 = 15 for k = 4).

    Examples
    --------
    >>> own = {"a": "A", "b": "B", "c": "C", "d": "D"}
    >>> len(enumerate_subsets("abcd", masked_by=(), sensors=own))
    15
    >>> enumerate_subsets("abc", masked_by="a", sensors=own)
    [('a', 'b', 'c'), ('a', 'b'), ('a', 'c'), ('a',)]
    >>> enumerate_subsets("abc", masked_by=(), sensors=dict.fromkeys("abc", "A"), per_sensor="all-or-one")
    [('a', 'b', 'c'), ('a',), ('b',), ('c',)]
    """
    out = []
    for size in range(len(products), 0, -1):
        for subset in subsets_of(products, size):
            if masked_by and not set(subset) & set(masked_by):
                continue
            if per_sensor == "all-or-one" and not all(
                sum(sensors[p] == s for p in subset) in (1, sum(sensors[p] == s for p in products))
                for s in {sensors[p] for p in subset}
            ):
                continue
            out.append(subset)
    return out


def rank(found: Sequence[Combination], priority: str) -> list[Combination]:
    """Order combinations, the best first.

    Parameters
    ----------
    found : sequence of Combination
        In any order.
    priority : {"predictors", "samples", "error"}
        ``"predictors"``: more sensors, more products, better products, more dekads, better target.
        ``"samples"``: more dekads, better target, then more sensors and products. ``"error"``: each zone orders by
        its own out-of-sample error; here as ``"predictors"``, which breaks ties.

    Examples
    --------
    >>> pair, one = Combination(("a", "b"), sensors=2, samples=10), Combination(("a",), samples=50)
    >>> rank([one, pair], "predictors")[0].label, rank([one, pair], "samples")[0].label
    ('a+b', 'a')
    """

    def key(c: Combination) -> tuple:
        inputs = (-c.sensors, -len(c.products), -c.quality)
        rows = (-c.samples, -c.target)
        return (*rows, *inputs, c.products) if priority == "samples" else (*inputs, *rows, c.products)

    return sorted(found, key=key)
