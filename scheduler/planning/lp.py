"""A linear program put together from whole arrays and solved by HiGHS. Knows nothing of energy."""

from dataclasses import dataclass, field, replace

import highspy
import numpy as np
import numpy.typing as npt
from scipy import sparse

Numbers = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

USED = 1e-6
MOST_REPAIRS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LpSolution:
    """`proven`: optimal, else the best feasible point when time ran out. `duals`: one per row,
    the change of the objective with the row's bound. `bound_gbp`: no solution has a lower
    objective; minus infinity where that is not known."""

    values: Numbers
    duals: Numbers
    objective_gbp: float
    bound_gbp: float
    proven: bool
    run_s: float


@dataclass(slots=True)
class Lp:
    """Minimise cost·x with lower ≤ x ≤ upper and lower ≤ A·x ≤ upper, of some pairs of x at most
    one above 0, and some x at their least while others are above 0."""

    columns: int = 0
    rows: int = 0
    _column_parts: list[tuple[Numbers, Numbers, Numbers]] = field(default_factory=list)
    _row_parts: list[tuple[Numbers, Numbers]] = field(default_factory=list)
    _entries: list[tuple[Indices, Indices, Numbers]] = field(default_factory=list)
    _pairs: list[tuple[Indices, Indices]] = field(default_factory=list)
    _idle: list[tuple[Indices, Indices]] = field(default_factory=list)

    def add_columns(
        self,
        shape: tuple[int, ...],
        lower: npt.ArrayLike,
        upper: npt.ArrayLike,
        cost: npt.ArrayLike,
    ) -> Indices:
        """New variables; their indices in `shape`. Bounds and costs broadcast to it."""
        low, high, price = (_full(a, shape) for a in (lower, upper, cost))
        indices = np.arange(self.columns, self.columns + low.size, dtype=np.int64).reshape(shape)
        self.columns += low.size
        self._column_parts.append((low.ravel(), high.ravel(), price.ravel()))
        return indices

    def add_rows(
        self, shape: tuple[int, ...], lower: npt.ArrayLike, upper: npt.ArrayLike
    ) -> Indices:
        """New constraints, empty as yet; their indices in `shape`."""
        low, high = _full(lower, shape), _full(upper, shape)
        indices = np.arange(self.rows, self.rows + low.size, dtype=np.int64).reshape(shape)
        self.rows += low.size
        self._row_parts.append((low.ravel(), high.ravel()))
        return indices

    def put(self, rows: Indices, columns: Indices, values: npt.ArrayLike) -> None:
        """Coefficients; the three broadcast together, repeated positions add up."""
        r, c, v = np.broadcast_arrays(rows, columns, np.asarray(values, dtype=float))
        self._entries.append((r.ravel(), c.ravel(), v.ravel()))

    def put_either(self, these: Indices, those: Indices) -> None:
        """Of each pair of columns at most one is to be used: none is negative, `those` can be 0."""
        self._pairs.append((these.ravel(), those.ravel()))

    def put_idle(self, these: Indices, those: Indices) -> None:
        """Where a column of `those` is used, its one of `these` is to be at its lower bound."""
        self._idle.append((these.ravel(), those.ravel()))

    def solve(self, time_limit_s: float) -> LpSolution | None:
        """The optimum, or the best point found in time; None if there is none.

        Where it uses both of a pair it is solved again without the one that was used less, and if
        that only shifts it to others, with one left of every pair; likewise, a few times, where it
        uses what is to be idle. So it need not be the optimum any more: `bound_gbp` is what the
        first one cost.
        """
        solver = a_solver()
        solver.setOptionValue("time_limit", float(time_limit_s))
        model = self.model()
        lower = np.asarray(model.col_lower_)
        solver.passModel(model)
        found = bound = self._run(solver)
        for attempt in range(MOST_REPAIRS):
            shut = None if found is None else self._shut(found.values, lower, attempt > 0)
            if shut is None:
                break
            least = lower[shut]
            solver.changeColsBounds(len(shut), shut.astype(np.int32), least, least)
            found = self._run(solver) or found
        return None if found is None or bound is None else replace(found, bound_gbp=bound.bound_gbp)

    def _shut(self, values: Numbers, lower: Numbers, everywhere: bool) -> Indices | None:
        """The columns to be shut at their lower bounds: of each pair of which both are used, or of
        all, the one that is used less or can be 0, and what is to be idle; None where all is well.
        """
        less, wrong = [], False
        for one, other in self._pairs:
            both = (values[one] > USED) & (values[other] > USED)
            first = (values[one] < values[other]) & (lower[one] <= 0)
            less.append(np.where(first, one, other)[both | everywhere])
            wrong = wrong or bool(both.any())
        for idle, used in self._idle:
            active = values[used] > USED
            both = active & (values[idle] > lower[idle] + USED)
            less.append(idle[active if everywhere else both])
            wrong = wrong or bool(both.any())
        return np.unique(np.concatenate(less)) if wrong else None

    def _run(self, solver: highspy.Highs) -> LpSolution | None:
        solver.run()
        proven = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
        info, solution = solver.getInfo(), solver.getSolution()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values, duals = np.array(solution.col_value), np.array(solution.row_dual)
        if not (proven or feasible) or not np.all(np.isfinite(values)):
            return None
        objective_gbp = float(info.objective_function_value)
        return LpSolution(
            values=values,
            duals=duals if duals.size == self.rows else np.zeros(self.rows),
            objective_gbp=objective_gbp,
            bound_gbp=objective_gbp if proven else -np.inf,
            proven=proven,
            run_s=float(solver.getRunTime()),
        )

    def model(self) -> highspy.HighsLp:
        """The program as HiGHS takes it."""
        rows, columns, values = (
            np.concatenate([part[k] for part in self._entries]) for k in range(3)
        )
        matrix = sparse.csc_matrix((values, (rows, columns)), shape=(self.rows, self.columns))
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = self.columns, self.rows
        model.col_lower_, model.col_upper_, model.col_cost_ = (
            np.concatenate([part[k] for part in self._column_parts]) for k in range(3)
        )
        model.row_lower_, model.row_upper_ = (
            np.concatenate([part[k] for part in self._row_parts]) for k in range(2)
        )
        model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
        model.a_matrix_.start_ = matrix.indptr
        model.a_matrix_.index_ = matrix.indices
        model.a_matrix_.value_ = matrix.data
        return model


def a_solver() -> highspy.Highs:
    """HiGHS, silent, and with one answer for one input."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 1)):
        solver.setOptionValue(option, value)
    return solver


def _full(values: npt.ArrayLike, shape: tuple[int, ...]) -> Numbers:
    return np.broadcast_to(np.asarray(values, dtype=float), shape)
