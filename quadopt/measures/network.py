"""One period of a plan as a mixing network: nodes are (country, material) pools and stocks, arcs carry shares.

All units in a pool carry the same mix, so the exposed share of a pool is the average of its inflows' shares; an
activity's share is the LARGEST of its inputs' shares. The least fixed point is found exactly, by policy iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csc_matrix, identity
from scipy.sparse.linalg import spsolve

IMPROVEMENT = 1e-12


@dataclass(frozen=True)
class Network:
    """Arrays of one period. Node numbers 0..nodes-1; weights are parts of the receiving node's inflow.

    country: (nodes,) country number of each node; arc_to, arc_from, arc_weight: what a node takes from another node;
    made_to, made_by, made_weight: what a node takes from an activity; input_of, input_node: an activity's inputs (by
    activity number); activity_country: (activities,).
    """

    country: np.ndarray
    arc_to: np.ndarray
    arc_from: np.ndarray
    arc_weight: np.ndarray
    made_to: np.ndarray
    made_by: np.ndarray
    made_weight: np.ndarray
    input_of: np.ndarray
    input_node: np.ndarray
    activity_country: np.ndarray

    def shares(self, supplier: int, carried: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Exposed share of every node and of every activity for one supplier (least fixed point).

        supplier: country number, everything in it is exposed; carried: (nodes,) share that a node has from before the
        period (exposed opening stock). Returns arrays (nodes,) and (activities,), all within 0..1.
        """
        at_home = self.country == supplier
        own_activity = self.activity_country == supplier
        fixed = np.where(at_home, 1.0, 0.0)
        source = np.where(at_home, 0.0, carried)
        from_home = at_home[self.arc_from]
        np.add.at(source, self.arc_to[from_home], self.arc_weight[from_home])
        made_at_home = own_activity[self.made_by]
        np.add.at(source, self.made_to[made_at_home], self.made_weight[made_at_home])
        source[at_home] = 0.0
        reached, chosen = self._reach(source, at_home, own_activity)
        share = fixed.copy()
        if reached.any():
            share = self._policy_iteration(source, fixed, reached, chosen)
        activity = np.zeros(len(self.activity_country))
        np.maximum.at(activity, self.input_of, share[self.input_node])
        activity[own_activity] = 1.0
        return np.clip(share, 0.0, 1.0), np.clip(activity, 0.0, 1.0)

    def _reach(
        self, source: np.ndarray, at_home: np.ndarray, own_activity: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Nodes downstream of the supplier, and for each activity the input through which it was reached first.

        Under that choice every reached node leads back to the supplier, so the linear system has one solution.
        """
        after: list[list[int]] = [[] for _ in range(len(self.country))]
        for to, origin in zip(self.arc_to.tolist(), self.arc_from.tolist(), strict=True):
            after[origin].append(to)
        feeds: list[list[int]] = [[] for _ in range(len(self.country))]
        for number, node in zip(self.input_of.tolist(), self.input_node.tolist(), strict=True):
            feeds[node].append(number)
        makes: list[list[int]] = [[] for _ in range(len(self.activity_country))]
        for to, number in zip(self.made_to.tolist(), self.made_by.tolist(), strict=True):
            makes[number].append(to)
        closed = at_home.tolist()
        own = own_activity.tolist()
        chosen = np.full(len(self.activity_country), -1)
        queue = [int(node) for node in np.flatnonzero(source > 0)]
        seen = set(queue)
        for node in queue:
            found = list(after[node])
            for number in feeds[node]:
                if chosen[number] < 0 and not own[number]:
                    chosen[number] = node
                    found.extend(makes[number])
            for other in found:
                if other not in seen and not closed[other]:
                    seen.add(other)
                    queue.append(other)
        reached = np.zeros(len(self.country), dtype=bool)
        reached[queue] = True
        return reached, chosen

    def _policy_iteration(
        self, source: np.ndarray, fixed: np.ndarray, reached: np.ndarray, chosen: np.ndarray
    ) -> np.ndarray:
        """Shares under the best (largest) choice of input for every activity: solve, improve, until nothing changes."""
        number_of = np.full(len(reached), -1)
        number_of[reached] = np.arange(reached.sum())
        keep = reached[self.arc_to] & reached[self.arc_from]
        row = number_of[self.arc_to[keep]]
        column = number_of[self.arc_from[keep]]
        weight = self.arc_weight[keep]
        usable = reached[self.input_node] & (chosen[self.input_of] >= 0)
        input_of, input_node = self.input_of[usable], self.input_node[usable]
        made = reached[self.made_to] & (chosen[self.made_by] >= 0)
        made_row, made_by, made_weight = number_of[self.made_to[made]], self.made_by[made], self.made_weight[made]
        size = int(reached.sum())
        share = fixed.copy()
        while True:
            rows = np.concatenate([row, made_row])
            columns = np.concatenate([column, number_of[chosen[made_by]]])
            matrix = csc_matrix((np.concatenate([weight, made_weight]), (rows, columns)), shape=(size, size))
            share[reached] = np.atleast_1d(spsolve(identity(size, format="csc") - matrix, source[reached]))
            current = np.where(chosen >= 0, share[chosen], 0.0)
            better = share[input_node] > current[input_of] + IMPROVEMENT
            if not better.any():
                return share
            order = np.argsort(share[input_node[better]])
            chosen[input_of[better][order]] = input_node[better][order]
