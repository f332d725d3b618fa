// Made by `npm run client` from schema/api.graphql, docs/questions.md and query/failures.ts.
import type { Packed, Value } from '../columns.ts'
import type { Operation } from '../operation.ts'

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** Which curves, and how they are reduced. */
export type SeriesInput = {
  /** Name of the project. */
  readonly project: string;
  /** Ids of the runs. An unknown one is refused with `UNKNOWN_RUN`. Runs x (metrics + expressions): at most 500 in one answer. */
  readonly runs: ReadonlyArray<string>;
  /** Names of the metrics, at most 500. One that a run never logged gives a series without points. */
  readonly metrics?: ReadonlyArray<string>;
  /**
   * Series computed from metrics, behind those of `metrics`: `train/loss - val/loss`, `log10(train/loss)`, `` `grad norm` / 2 ``. Operators + - * / ^
   * (power, from the right) and unary minus, parentheses, numbers, log (natural), log10, log2, exp, sqrt, abs, min(a, b), max(a, b), pow(a, b). A bare name
   * has letters, digits, `_`, `.` and `/`: a `/` between two letters or digits belongs to the name, so division is written with spaces; any other name
   * stands in backquotes, a backquote in it doubled. Arithmetic is that of IEEE 754: 1/0 is Infinity, log(-1) NaN. Points meet at equal steps, after
   * `repeated` settled which count. With `metrics` at most 500; 1000 characters, 8 metrics and a nesting of 32 each; refused with `BAD_EXPRESSION`, which says where.
   */
  readonly expressions?: ReadonlyArray<string> | null | undefined;
  /**
   * Token of a write (`at` of its acknowledgement) that the answer must include: it waits until that write can be seen. Refused with
   * `BAD_AT` when it is no token of this server, with `WATERMARK_TIMEOUT` (retryable) when the write does not show up in time.
   */
  readonly at?: string | null | undefined;
  /** First step, inclusive; the series' own first when absent. */
  readonly fromStep?: number | null | undefined;
  /** Last step, inclusive; the series' own last when absent. */
  readonly toStep?: number | null | undefined;
  /**
   * At most so many buckets for each series, 2 to 2000. A series with at most so many points in the range comes back whole; a longer one
   * as the first, lowest, highest and last point of each bucket (M4, exact to the pixel), and the first of each kind of non-finite value.
   */
  readonly buckets?: number | null | undefined;
  /** Which of several points of one step count. With `ALL` points of several metrics meet first with first, second with second. */
  readonly repeated?: Repeated | null | undefined;
  /**
   * What lies along x. Anything but `STEP`, and so do smoothing, expressions, ranges other than of steps, and the reductions MEAN and RAW, needs the points
   * themselves: at most 25,000,000 are read for one question, else `TOO_COSTLY` before any is.
   */
  readonly x?: Axis | null | undefined;
  /** With `x: METRIC`: name of the metric along x. */
  readonly xMetric?: string | null | undefined;
  /** Only points of this time or later. All ranges given must hold; which point of a step counts is settled before. */
  readonly fromTime?: string | number | null | undefined;
  /** Only points of this time or earlier. */
  readonly toTime?: string | number | null | undefined;
  /** Only points logged so many ms after the run began, or later; see `Axis.RELATIVE_TIME`. Any finite float64. */
  readonly fromRelative?: number | null | undefined;
  /** Only points logged so many ms after the run began, or earlier. Any finite float64. */
  readonly toRelative?: number | null | undefined;
  /** With `x: METRIC`: only points where the metric along x has this value or a higher one. Any finite float64. */
  readonly fromX?: number | null | undefined;
  /** With `x: METRIC`: only points where the metric along x has this value or a lower one. Any finite float64. */
  readonly toX?: number | null | undefined;
  /** How a series with more points than buckets becomes shorter. */
  readonly reduction?: Reduction | null | undefined;
  /**
   * Smooths the values before they are reduced, at full resolution. Asked for the same series twice, with and without, a chart has both. What is smoothed does
   * not depend on the ranges: points before them count too.
   */
  readonly smoothing?: Smoothing | null | undefined;
  /** With `reduction: RAW`: how many points of each series, 1 to 50000; 1000 when absent. */
  readonly first?: number | null | undefined;
  /** With `reduction: RAW`: `Series.endCursor` of the page before, asked for one run and one metric or expression and otherwise in the same way. */
  readonly after?: string | null | undefined;
};

/** What lies along x. */
export type Axis =
  /** The step. */
  | 'STEP'
  /**
   * Ms since the run began: since the earliest time that any point of the run has, of whatever metric, superseded or not. The same for all metrics of
   * the run, and never negative. `Receipt.origin` is that time.
   */
  | 'RELATIVE_TIME'
  /** When the point was logged, ms since 1970. */
  | 'WALL_TIME'
  /**
   * The value of another metric of the run at the same step. A point at whose step the other metric has none, or one that is not finite, is left out and
   * counted in the receipt.
   */
  | 'METRIC';

/**
 * How points become fewer. Buckets are those of a grid along x whose widths are powers of two, fractions included for x of a metric: the narrowest of at
 * most `buckets` that hold all points of the range. Whatever the reduction, the first NaN, Infinity and -Infinity of each bucket stand among the points.
 */
export type Reduction =
  /** First, lowest, highest and last finite point of each bucket: draws the line that all points draw. Never loses a spike. */
  | 'M4'
  /**
   * Largest triangle three buckets over the M4 points: one of them for each bucket, the one that spans the largest triangle with the point chosen before and the
   * middle of the next bucket's. Smaller, and it can lose a spike: `Receipt.extremesLeftOut` says how many buckets had one.
   */
  | 'LTTB'
  /** Mean of the finite values of each bucket, by a compensated sum; drawn at the start of the bucket. */
  | 'MEAN'
  /** Last finite point of each bucket. */
  | 'LAST'
  /** None: pages of points as they are, in the order of steps, `first` of them. Go on with `after`. */
  | 'RAW';

/**
 * How values are smoothed: exactly one of these. Smoothing goes along the points in the order of steps; the way along x from one to the next is the distance of
 * their x, in the unit of x: steps, ms, or that of the metric. A point that is not finite, in value or in x, is passed over: it comes out as it is and
 * changes nothing. `repeated` is settled before.
 */
export type Smoothing =
  {   /**
   * Exponential moving average by distance (time-weighted EMA): the mean of this point and all before it, each weighted by 2^(-d / halfLife) where d is the way along x from
   * it to this one. Weights are divided by their sum, so that there is no bias towards 0 at the start. Any finite float64 above 0.
   */
  readonly halfLife: number; readonly points?: never; readonly width?: never; }
  |  { readonly halfLife?: never;   /** Moving average: the mean of this point and those before it, so many together. 1 to 1000000. */
  readonly points: number; readonly width?: never; }
  |  { readonly halfLife?: never; readonly points?: never;   /** Moving average: the mean of this point and those before it from which the way along x is less than this. Any finite float64 above 0; at most 1000000 points at once. */
  readonly width: number; };

/** Which of several points that were logged for one step of one series count. */
export type Repeated =
  /** The one logged last. */
  | 'LAST'
  /** The one logged first. */
  | 'FIRST'
  /** All of them. */
  | 'ALL';

/** How a curve was reduced. */
export type Method =
  /** Not at all: every point of the range is there. */
  | 'RAW'
  /** First, lowest, highest and last finite point of every bucket, and the bucket's first NaN, Infinity and -Infinity. */
  | 'M4'
  /** One point of every bucket chosen by triangles, and the bucket's first NaN, Infinity and -Infinity; see `Reduction.LTTB`. */
  | 'LTTB'
  /** Mean of the finite values of every bucket, and the bucket's first NaN, Infinity and -Infinity. */
  | 'MEAN'
  /** Last finite point of every bucket, and the bucket's first NaN, Infinity and -Infinity. */
  | 'LAST';

/**
 * What a run contributes to a bucket: one value, however many points it has there, so that each run counts once. Of several points of one step only
 * the one logged last counts. Points that are NaN or infinite contribute nothing, and are counted. A run that has no finite point
 * in a bucket, because it ended or was not logging, does not contribute to it.
 */
export type BucketValue =
  /** The value at its highest step in the bucket. */
  | 'LAST'
  /** The mean of its values in the bucket. */
  | 'MEAN';

/** A way to smooth values. */
export type SmoothingMethod =
  /** Exponential moving average, weighted by distance in x. */
  | 'EMA'
  /** Mean of the points in a window that ends at each point. */
  | 'MOVING_AVERAGE';

/** How a run stands, by its own word. */
export type RunState =
  /** It said nothing else yet. */
  | 'RUNNING'
  /** It came to its end. */
  | 'FINISHED'
  /** It ended by an error. */
  | 'FAILED'
  /** It was stopped. */
  | 'KILLED';

/**
 * Which runs. Every condition given must hold; `or` and `not` nest. At most 100 conditions and 8 different metrics in one filter.
 * A condition on something that a run does not have does not hold.
 */
export type RunFilter = {
  /** All of these hold; at most 100. */
  readonly and?: ReadonlyArray<RunFilter> | null | undefined;
  /** At least one of these holds; at most 100. */
  readonly or?: ReadonlyArray<RunFilter> | null | undefined;
  /** This does not hold. */
  readonly not?: RunFilter | null | undefined;
  /** The state is one of these, at most 500. */
  readonly state?: ReadonlyArray<RunState> | null | undefined;
  /** About the display name. */
  readonly name?: TextCondition | null | undefined;
  /** About the run id. */
  readonly run?: TextCondition | null | undefined;
  /** About the time it first appeared. */
  readonly created?: TimeCondition | null | undefined;
  /** About the time it last changed. */
  readonly updated?: TimeCondition | null | undefined;
  /** About a param. */
  readonly param?: ParamCondition | null | undefined;
  /** About a tag. */
  readonly tag?: TagCondition | null | undefined;
  /** About a metric's summary. */
  readonly metric?: MetricCondition | null | undefined;
  /** About an expression over metrics. */
  readonly expression?: ExpressionCondition | null | undefined;
};

/** About a text; every one given must hold. Upper and lower case differ. */
export type TextCondition = {
  /** It is this. */
  readonly is?: string | null | undefined;
  /** It is one of these, at most 500. */
  readonly in?: ReadonlyArray<string> | null | undefined;
  /** It has this within. */
  readonly contains?: string | null | undefined;
  /** It begins with this. */
  readonly startsWith?: string | null | undefined;
};

/** About a number; every one given must hold. NaN passes none of them; the infinities compare as one expects. */
export type NumberCondition = {
  /** It is this: any finite float64. */
  readonly is?: number | null | undefined;
  /** It is one of these, at most 500: any finite float64. */
  readonly in?: ReadonlyArray<number> | null | undefined;
  /** It is less: any finite float64. */
  readonly less?: number | null | undefined;
  /** It is less, or this: any finite float64. */
  readonly lessOrEqual?: number | null | undefined;
  /** It is greater: any finite float64. */
  readonly greater?: number | null | undefined;
  /** It is greater, or this: any finite float64. */
  readonly greaterOrEqual?: number | null | undefined;
};

/** About a moment; every one given must hold. */
export type TimeCondition = {
  /** It is this moment or later. */
  readonly from?: string | number | null | undefined;
  /** It is before this moment. */
  readonly before?: string | number | null | undefined;
};

/** About a param; every one given must hold. */
export type ParamCondition = {
  /** Name of the param. */
  readonly name: string;
  /** Whether the run has it. `false` finds the runs without it. */
  readonly exists?: boolean | null | undefined;
  /** About its number; a boolean counts as 0 or 1, a text not at all. */
  readonly number?: NumberCondition | null | undefined;
  /** About its text; numbers and booleans as JSON writes them. */
  readonly text?: TextCondition | null | undefined;
};

/** About a tag; every one given must hold. */
export type TagCondition = {
  /** Name of the tag. */
  readonly name: string;
  /** Whether the run has it. `false` finds the runs without it. */
  readonly exists?: boolean | null | undefined;
  /** About its text. */
  readonly text?: TextCondition | null | undefined;
};

/** About one figure of a metric's summary; every one given must hold. */
export type MetricCondition = {
  /** Name of the metric. */
  readonly name: string;
  /** Which figure. */
  readonly field?: SummaryField | null | undefined;
  /** How many points `MEAN_OF_LAST` is of, 1 to 10000; of no other figure. */
  readonly points?: number | null | undefined;
  /** The bound of `FIRST_STEP_BELOW` and `FIRST_STEP_ABOVE`, -1.8e308 to 1.8e308; of no other figure. */
  readonly bound?: number | null | undefined;
  /** Whether the run has logged the metric, and it has such a figure. `false` finds the runs without. */
  readonly exists?: boolean | null | undefined;
  /** About the figure. */
  readonly number?: NumberCondition | null | undefined;
};

/**
 * About an expression over one figure of each of its metrics; every one given must hold. The metrics of all conditions and of the order together are at most
 * 8.
 */
export type ExpressionCondition = {
  /** The expression, in the language of `SeriesInput.expressions`: such as `train/loss - val/loss`; at most 1000 characters. */
  readonly text: string;
  /** Which figure its metrics stand for; none of those that are read from points. */
  readonly field?: SummaryField | null | undefined;
  /** Whether the run has such a figure of every metric of the expression. `false` finds the runs without. */
  readonly exists?: boolean | null | undefined;
  /** About what it comes to. */
  readonly number?: NumberCondition | null | undefined;
};

/**
 * A figure of a metric's summary. Those that are read from points are computed for the runs alone for which the rest of the question depends on it; more than
 * 20,000,000 points, as the summaries count them, are refused with `TOO_COSTLY` before any is read.
 */
export type SummaryField =
  /** Value at the highest step. */
  | 'LAST'
  /** Lowest finite value. */
  | 'MIN'
  /** Highest finite value. */
  | 'MAX'
  /** Points logged. */
  | 'COUNT'
  /** Lowest step. */
  | 'FIRST_STEP'
  /** Highest step. */
  | 'LAST_STEP'
  /** Step of the lowest value. */
  | 'MIN_STEP'
  /** Step of the highest value. */
  | 'MAX_STEP'
  /** Points of value NaN, Infinity or -Infinity. */
  | 'NON_FINITE_COUNT'
  /** Lowest step with a NaN or an infinity. */
  | 'FIRST_NON_FINITE_STEP'
  /** Mean of the values at the `points` highest steps, of several of one step the one logged last. NaN and infinities count as what they are. Read from points. */
  | 'MEAN_OF_LAST'
  /** Lowest step with a value below `bound`, repeated steps included. Read from points, of runs whose minimum is below it. */
  | 'FIRST_STEP_BELOW'
  /** Lowest step with a value above `bound`, repeated steps included. Read from points, of runs whose maximum is above it. */
  | 'FIRST_STEP_ABOVE';

/** A figure of a metric's summary to sort by. */
export type MetricSortKey = {
  /** Name of the metric. */
  readonly name: string;
  /** Which figure. */
  readonly field?: SummaryField | null | undefined;
  /** How many points `MEAN_OF_LAST` is of, 1 to 10000; of no other figure. */
  readonly points?: number | null | undefined;
  /** The bound of `FIRST_STEP_BELOW` and `FIRST_STEP_ABOVE`, -1.8e308 to 1.8e308; of no other figure. */
  readonly bound?: number | null | undefined;
};

/** A thing of runs that has values to count: exactly one of these. */
export type FacetKey =
  {   /** A field of the run itself. */
  readonly field: FacetField; readonly param?: never; readonly tag?: never; }
  |  { readonly field?: never;   /** The param of this name: its texts and, where it has numbers, their range. */
  readonly param: string; readonly tag?: never; }
  |  { readonly field?: never; readonly param?: never;   /** The tag of this name. */
  readonly tag: string; };

/** A field of a run whose values can be counted. */
export type FacetField =
  /** How it stands. */
  | 'STATE';

/** What is compared. */
export type ComparedKind =
  /** How the run stands. */
  | 'STATE'
  /** A param. */
  | 'PARAM'
  /** A tag. */
  | 'TAG'
  /** A figure of a metric's summary. */
  | 'METRIC';

/** Why a frame that was acknowledged cannot be stored. */
export type DeadLetterReason =
  /** The log record cannot be taken apart; the letter is the whole record. */
  | 'UNREADABLE_RECORD'
  /** The run would have more metrics than `limits.metricsPerRun`. */
  | 'TOO_MANY_METRICS'
  /** The run would have more params or tags than `limits.entriesPerRun`. The letter has the frame's update alone: its points are stored. */
  | 'TOO_MANY_ENTRIES'
  /** Its sequence number is so far behind its writer's others that it cannot be told whether the frame is stored already. */
  | 'SEQUENCE_HORIZON'
  /** Another run has the same 64-bit key. */
  | 'KEY_COLLISION';

/** Whether a dead letter was replayed, as far as the sink remembers the sequence numbers of replays. */
export type ReplayState =
  /** It was not. */
  | 'OPEN'
  /** It was: what it holds is stored, or came back as a younger letter if it was refused once more. */
  | 'REPLAYED'
  /**
   * So many younger letters of its run and reason were replayed that the sink does not remember whether this one was. It was, unless
   * younger ones were picked before it: replays go from the oldest to the youngest.
   */
  | 'FORGOTTEN'
  /** It cannot be: there is no frame, or no run that it could be stored in. */
  | 'IMPOSSIBLE';

export type CurveQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
}>;

export type CurveQuery = { readonly series: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[] }> };

export type CompareQueryVariables = Exact<{
  project: string;
  runs: ReadonlyArray<string> | string;
  metrics: ReadonlyArray<string> | string;
  buckets?: number | null | undefined;
}>;

export type CompareQuery = { readonly series: ReadonlyArray<{ readonly run: string, readonly metric: string, readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly bucketWidth: number, readonly exact: boolean } }> };

export type ZoomQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  fromStep?: number | null | undefined;
  toStep?: number | null | undefined;
}>;

export type ZoomQuery = { readonly series: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly exact: boolean, readonly pointsTotal: number } }> };

export type ReceiptQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  buckets?: number | null | undefined;
}>;

export type ReceiptQuery = { readonly series: ReadonlyArray<{ readonly receipt: { readonly method: Method, readonly exact: boolean, readonly bucketWidth: number, readonly pointsTotal: number, readonly pointsReturned: number, readonly superseded: number, readonly nan: number, readonly positiveInfinity: number, readonly negativeInfinity: number, readonly firstNonFiniteStep: number | null } }> };

export type BandQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  buckets?: number | null | undefined;
}>;

export type BandQuery = { readonly series: ReadonlyArray<{ readonly buckets: { readonly count: number, readonly stepsPacked: Packed, readonly countsPacked: Packed, readonly minPacked: Packed, readonly maxPacked: Packed } }> };

export type PointsQueryVariables = Exact<{
  input: SeriesInput;
}>;

export type PointsQuery = { readonly series: ReadonlyArray<{ readonly run: string, readonly metric: string, readonly stepsPacked: Packed, readonly valuesPacked: Packed, readonly receipt: { readonly exact: boolean, readonly pointsTotal: number } }> };

export type ResumedQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
}>;

export type ResumedQuery = { readonly last: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly pointsTotal: number, readonly superseded: number } }>, readonly first: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly pointsTotal: number, readonly superseded: number } }>, readonly all: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly pointsTotal: number, readonly superseded: number } }> };

export type TrendQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  halfLife: number;
  buckets?: number | null | undefined;
}>;

export type TrendQuery = { readonly smoothed: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly smoothing: { readonly method: SmoothingMethod, readonly halfLife: number | null } | null } }>, readonly logged: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[] }> };

export type GapQueryVariables = Exact<{
  project: string;
  runs: ReadonlyArray<string> | string;
  expressions: ReadonlyArray<string> | string;
}>;

export type GapQuery = { readonly series: ReadonlyArray<{ readonly run: string, readonly metric: string, readonly steps: readonly number[], readonly values: readonly (Value | null)[], readonly receipt: { readonly withoutPartner: number | null } }> };

export type ByTheClockQueryVariables = Exact<{
  project: string;
  runs: ReadonlyArray<string> | string;
  metric: string;
  toRelative?: number | null | undefined;
  buckets?: number | null | undefined;
}>;

export type ByTheClockQuery = { readonly series: ReadonlyArray<{ readonly run: string, readonly x: readonly (Value | null)[], readonly values: readonly (Value | null)[], readonly receipt: { readonly origin: string | null, readonly bucketWidth: number } }> };

export type OverAnotherQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  xMetric: string;
}>;

export type OverAnotherQuery = { readonly series: ReadonlyArray<{ readonly x: readonly (Value | null)[], readonly values: readonly (Value | null)[], readonly steps: readonly number[], readonly receipt: { readonly xMetric: string | null, readonly nonFiniteX: number | null } }> };

export type PagesQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;

export type PagesQuery = { readonly series: ReadonlyArray<{ readonly stepsPacked: Packed, readonly valuesPacked: Packed, readonly endCursor: string | null, readonly receipt: { readonly exact: boolean, readonly pointsReturned: number } }> };

export type ProjectsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;

export type ProjectsQuery = { readonly projects: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly name: string, readonly runCount: number, readonly lastActivity: string }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type NewestRunsQueryVariables = Exact<{
  project: string;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;

export type NewestRunsQuery = { readonly runs: { readonly nodes: ReadonlyArray<{ readonly run: string, readonly name: string, readonly state: RunState, readonly created: string }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type LeaderboardQueryVariables = Exact<{
  project: string;
  metric: string;
  first?: number | null | undefined;
}>;

export type LeaderboardQuery = { readonly runs: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly run: string, readonly state: RunState, readonly params: unknown, readonly metrics: ReadonlyArray<{ readonly max: Value | null, readonly maxStep: number | null, readonly last: Value }> }> } };

export type WidestGapQueryVariables = Exact<{
  project: string;
  text: string;
  first?: number | null | undefined;
}>;

export type WidestGapQuery = { readonly runs: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly run: string, readonly metrics: ReadonlyArray<{ readonly name: string, readonly last: Value }> }> } };

export type RunsByParamsQueryVariables = Exact<{
  project: string;
  filter?: RunFilter | null | undefined;
}>;

export type RunsByParamsQuery = { readonly runs: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly run: string, readonly params: unknown }> } };

export type TroubleQueryVariables = Exact<{
  project: string;
  metric: string;
}>;

export type TroubleQuery = { readonly runs: { readonly nodes: ReadonlyArray<{ readonly run: string, readonly state: RunState, readonly metrics: ReadonlyArray<{ readonly nan: number, readonly positiveInfinity: number, readonly negativeInfinity: number, readonly firstNonFiniteStep: number | null }> }> } };

export type ReachedQueryVariables = Exact<{
  project: string;
  metric: string;
  below: number;
}>;

export type ReachedQuery = { readonly runs: { readonly nodes: ReadonlyArray<{ readonly run: string, readonly metrics: ReadonlyArray<{ readonly min: Value | null, readonly minStep: number | null, readonly lastStep: number }> }> } };

export type TeamRunsQueryVariables = Exact<{
  project: string;
  team: string;
  from?: string | number | null | undefined;
  before?: string | number | null | undefined;
}>;

export type TeamRunsQuery = { readonly runs: { readonly nodes: ReadonlyArray<{ readonly run: string, readonly tags: unknown }> } };

export type HowManyQueryVariables = Exact<{
  project: string;
  filter?: RunFilter | null | undefined;
}>;

export type HowManyQuery = { readonly runs: { readonly totalCount: number } };

export type BestCurvesQueryVariables = Exact<{
  project: string;
  metric: string;
  first?: number | null | undefined;
}>;

export type BestCurvesQuery = { readonly runs: { readonly nodes: ReadonlyArray<{ readonly run: string, readonly series: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[] }> }> } };

export type TriedValuesQueryVariables = Exact<{
  project: string;
  filter?: RunFilter | null | undefined;
  of: ReadonlyArray<FacetKey> | FacetKey;
  first?: number | null | undefined;
}>;

export type TriedValuesQuery = { readonly facets: ReadonlyArray<{ readonly name: string, readonly runs: number, readonly missing: number, readonly distinct: number, readonly moreValues: number, readonly moreRuns: number, readonly values: ReadonlyArray<{ readonly text: string, readonly runs: number }>, readonly numbers: { readonly min: Value | null, readonly max: Value | null, readonly binStarts: readonly (Value | null)[], readonly binCounts: readonly number[] } | null }> };

export type EarlyOrGoodQueryVariables = Exact<{
  project: string;
  filter?: RunFilter | null | undefined;
  metric: string;
}>;

export type EarlyOrGoodQuery = { readonly runs: { readonly totalCount: number, readonly nodes: ReadonlyArray<{ readonly run: string, readonly state: RunState }> } };

export type DifferencesQueryVariables = Exact<{
  project: string;
  runs: ReadonlyArray<string> | string;
  metrics?: ReadonlyArray<MetricSortKey> | MetricSortKey | null | undefined;
}>;

export type DifferencesQuery = { readonly compareRuns: { readonly runs: ReadonlyArray<string>, readonly differingCount: number, readonly equalCount: number, readonly differing: ReadonlyArray<{ readonly kind: ComparedKind, readonly name: string, readonly values: ReadonlyArray<unknown> }>, readonly equal: ReadonlyArray<{ readonly kind: ComparedKind, readonly name: string, readonly value: unknown }> } };

export type SpreadQueryVariables = Exact<{
  project: string;
  metric: string;
  param: string;
  buckets?: number | null | undefined;
}>;

export type SpreadQuery = { readonly groups: { readonly groups: ReadonlyArray<{ readonly label: string | null, readonly runs: number, readonly runsWithPoints: number, readonly steps: readonly number[], readonly counts: readonly number[], readonly mean: readonly (Value | null)[], readonly median: readonly (Value | null)[], readonly standardDeviation: readonly (Value | null)[], readonly bands: ReadonlyArray<{ readonly quantile: number, readonly values: readonly (Value | null)[] }> }>, readonly receipt: { readonly bucketWidth: number, readonly exact: boolean, readonly runsMatched: number, readonly points: number, readonly superseded: number, readonly otherGroups: number } } };

export type EnvelopeQueryVariables = Exact<{
  project: string;
  metric: string;
  filter?: RunFilter | null | undefined;
}>;

export type EnvelopeQuery = { readonly groups: { readonly groups: ReadonlyArray<{ readonly runs: number, readonly stepsPacked: Packed, readonly minPacked: Packed, readonly medianPacked: Packed, readonly maxPacked: Packed }>, readonly receipt: { readonly method: BucketValue, readonly bucketWidth: number } } };

export type OneRunQueryVariables = Exact<{
  project: string;
  run: string;
}>;

export type OneRunQuery = { readonly run: { readonly id: string, readonly name: string, readonly state: RunState, readonly created: string, readonly updated: string, readonly params: unknown, readonly tags: unknown, readonly points: number, readonly metricCount: number } | null };

export type MetricsQueryVariables = Exact<{
  project: string;
  run: string;
  startsWith?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;

export type MetricsQuery = { readonly run: { readonly metrics: ReadonlyArray<{ readonly name: string, readonly count: number, readonly firstStep: number, readonly lastStep: number, readonly last: Value, readonly min: Value | null, readonly minStep: number | null, readonly max: Value | null, readonly maxStep: number | null }> } | null };

export type DivergenceQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
}>;

export type DivergenceQuery = { readonly run: { readonly metrics: ReadonlyArray<{ readonly nan: number, readonly positiveInfinity: number, readonly firstNonFiniteStep: number | null, readonly max: Value | null, readonly maxStep: number | null }>, readonly series: ReadonlyArray<{ readonly steps: readonly number[], readonly values: readonly (Value | null)[] }> } | null };

export type JustWrittenQueryVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  at?: string | null | undefined;
}>;

export type JustWrittenQuery = { readonly run: { readonly points: number, readonly metrics: ReadonlyArray<{ readonly last: Value, readonly lastStep: number }> } | null };

export type ByIdsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;

export type ByIdsQuery = { readonly nodes: ReadonlyArray<
    | { readonly __typename: 'Project', readonly name: string, readonly runCount: number, readonly id: string }
    | { readonly __typename: 'Run', readonly project: string, readonly run: string, readonly state: RunState, readonly id: string }
    | { readonly __typename: 'Metric', readonly name: string, readonly last: Value, readonly id: string }
    | { readonly __typename: 'DeadLetter', readonly id: string }
   | null> };

export type WatchSubscriptionVariables = Exact<{
  project: string;
  run: string;
  metric: string;
  after?: string | null | undefined;
}>;

export type WatchSubscription = { readonly series: { readonly id: string, readonly watermark: string, readonly missed: number, readonly series: ReadonlyArray<{ readonly run: string, readonly metric: string, readonly reset: boolean, readonly fromStep: number | null, readonly steps: readonly number[], readonly values: readonly (Value | null)[] }> } };

export type WatchRunsSubscriptionVariables = Exact<{
  project: string;
  filter?: RunFilter | null | undefined;
  metric: string;
  after?: string | null | undefined;
}>;

export type WatchRunsSubscription = { readonly runs: { readonly id: string, readonly watermark: string, readonly reset: boolean, readonly left: ReadonlyArray<string>, readonly changed: ReadonlyArray<{ readonly run: string, readonly state: RunState, readonly metrics: ReadonlyArray<{ readonly last: Value, readonly lastStep: number }> }> } };

export type ServerQueryVariables = Exact<{ [key: string]: never; }>;

export type ServerQuery = { readonly server: { readonly watermark: string, readonly watermarkTime: string, readonly limits: unknown } };

export type RefusedQueryVariables = Exact<{
  project?: string | null | undefined;
}>;

export type RefusedQuery = { readonly deadLetterCounts: ReadonlyArray<{ readonly reason: DeadLetterReason, readonly letters: number, readonly open: number, readonly newest: string | null }> };

export type LettersQueryVariables = Exact<{
  project?: string | null | undefined;
  run?: string | null | undefined;
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;

export type LettersQuery = { readonly deadLetters: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly run: string, readonly reason: DeadLetterReason, readonly detail: string, readonly replay: ReplayState }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

/** How did the loss of a run go? */
export const Curve: Operation<CurveQuery, CurveQueryVariables> = {
  name: 'Curve',
  kind: 'query',
  hash: '2b4626e11b97bac9d36caded01db2b2b1d48e8233a4386e4fa9316eccc6d2407',
  at: [],
  text: `query Curve($project: String!, $run: String!, $metric: String!) {
  series(input: {project: $project, runs: [$run], metrics: [$metric]}) {
    steps
    values
  }
}`,
}

/** How do some runs compare? */
export const Compare: Operation<CompareQuery, CompareQueryVariables> = {
  name: 'Compare',
  kind: 'query',
  hash: '74bb24667ebc4ba543ed12479b452de916b777b5d68007b976bffc5fbedf5cab',
  at: [],
  text: `query Compare($project: String!, $runs: [String!]!, $metrics: [String!]!, $buckets: Int) {
  series(
    input: {project: $project, runs: $runs, metrics: $metrics, buckets: $buckets}
  ) {
    run
    metric
    steps
    values
    receipt {
      bucketWidth
      exact
    }
  }
}`,
}

/** What happened between two steps? */
export const Zoom: Operation<ZoomQuery, ZoomQueryVariables> = {
  name: 'Zoom',
  kind: 'query',
  hash: 'bb0d8b764207479cb9c9855538b0cb1a933dd1bd50f0ab60254bf1bdf1121a48',
  at: [],
  text: `query Zoom($project: String!, $run: String!, $metric: String!, $fromStep: Step, $toStep: Step) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], fromStep: $fromStep, toStep: $toStep, buckets: 500}
  ) {
    steps
    values
    receipt {
      exact
      pointsTotal
    }
  }
}`,
}

/** What does the curve I see leave out? */
export const Receipt: Operation<ReceiptQuery, ReceiptQueryVariables> = {
  name: 'Receipt',
  kind: 'query',
  hash: '071b36db16d9be52bfd5bee76293312244fb11c45fb65e9bee41ec411de66420',
  at: [],
  text: `query Receipt($project: String!, $run: String!, $metric: String!, $buckets: Int) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], buckets: $buckets}
  ) {
    receipt {
      method
      exact
      bucketWidth
      pointsTotal
      pointsReturned
      superseded
      nan
      positiveInfinity
      negativeInfinity
      firstNonFiniteStep
    }
  }
}`,
}

/** In which band did it move? */
export const Band: Operation<BandQuery, BandQueryVariables> = {
  name: 'Band',
  kind: 'query',
  hash: 'fa44a35e8495d850bb77a9b0028b795bcc387f245a0a2cd169a2a9007c98f302',
  at: [],
  text: `query Band($project: String!, $run: String!, $metric: String!, $buckets: Int) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], buckets: $buckets}
  ) {
    buckets {
      count
      stepsPacked
      countsPacked
      minPacked
      maxPacked
    }
  }
}`,
}

/** Every point, please, bit by bit */
export const Points: Operation<PointsQuery, PointsQueryVariables> = {
  name: 'Points',
  kind: 'query',
  hash: '04998507feae4c450765174c0e207f98418c35c53598300f3ecb869f1e2e2649',
  at: [["input","at"]],
  text: `query Points($input: SeriesInput!) {
  series(input: $input) {
    run
    metric
    stepsPacked
    valuesPacked
    receipt {
      exact
      pointsTotal
    }
  }
}`,
}

/** My job was resumed: which points count? */
export const Resumed: Operation<ResumedQuery, ResumedQueryVariables> = {
  name: 'Resumed',
  kind: 'query',
  hash: '05cbd8fd282c73cd654c33369719eac84342efec4751d5529a4cc98964a0a663',
  at: [],
  text: `query Resumed($project: String!, $run: String!, $metric: String!) {
  last: series(input: {project: $project, runs: [$run], metrics: [$metric]}) {
    steps
    values
    receipt {
      pointsTotal
      superseded
    }
  }
  first: series(
    input: {project: $project, runs: [$run], metrics: [$metric], repeated: FIRST}
  ) {
    steps
    values
    receipt {
      pointsTotal
      superseded
    }
  }
  all: series(
    input: {project: $project, runs: [$run], metrics: [$metric], repeated: ALL}
  ) {
    steps
    values
    receipt {
      pointsTotal
      superseded
    }
  }
}`,
}

/** What is the trend behind the noise? */
export const Trend: Operation<TrendQuery, TrendQueryVariables> = {
  name: 'Trend',
  kind: 'query',
  hash: '9412cb88199452f4df0d4e314ede065aae108e00f4d2b1f39b5c591f67e8dfac',
  at: [],
  text: `query Trend($project: String!, $run: String!, $metric: String!, $halfLife: Float!, $buckets: Int) {
  smoothed: series(
    input: {project: $project, runs: [$run], metrics: [$metric], smoothing: {halfLife: $halfLife}, buckets: $buckets}
  ) {
    steps
    values
    receipt {
      smoothing {
        method
        halfLife
      }
    }
  }
  logged: series(
    input: {project: $project, runs: [$run], metrics: [$metric], buckets: $buckets}
  ) {
    steps
    values
  }
}`,
}

/** How far are training and validation apart? */
export const Gap: Operation<GapQuery, GapQueryVariables> = {
  name: 'Gap',
  kind: 'query',
  hash: 'b017d786821e31934fb2a3ce5ee4d6f21cce74cd50b52faea5e50df5d59b0cb3',
  at: [],
  text: `query Gap($project: String!, $runs: [String!]!, $expressions: [String!]!) {
  series(input: {project: $project, runs: $runs, expressions: $expressions}) {
    run
    metric
    steps
    values
    receipt {
      withoutPartner
    }
  }
}`,
}

/** Which run learns faster by the clock? */
export const ByTheClock: Operation<ByTheClockQuery, ByTheClockQueryVariables> = {
  name: 'ByTheClock',
  kind: 'query',
  hash: 'a64959e452e55c0a6f7075f93cd8174b863bf0661c9c7a4831b63e8988b66ca8',
  at: [],
  text: `query ByTheClock($project: String!, $runs: [String!]!, $metric: String!, $toRelative: Float, $buckets: Int) {
  series(
    input: {project: $project, runs: $runs, metrics: [$metric], x: RELATIVE_TIME, toRelative: $toRelative, buckets: $buckets}
  ) {
    run
    x
    values
    receipt {
      origin
      bucketWidth
    }
  }
}`,
}

/** How does the accuracy go with the loss? */
export const OverAnother: Operation<OverAnotherQuery, OverAnotherQueryVariables> = {
  name: 'OverAnother',
  kind: 'query',
  hash: '091c2d6edcb1082533325c25d8f14cee387e4556e3cc3b4c245440c06d56ea48',
  at: [],
  text: `query OverAnother($project: String!, $run: String!, $metric: String!, $xMetric: String!) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], x: METRIC, xMetric: $xMetric}
  ) {
    x
    values
    steps
    receipt {
      xMetric
      nonFiniteX
    }
  }
}`,
}

/** All points of a long run, page by page */
export const Pages: Operation<PagesQuery, PagesQueryVariables> = {
  name: 'Pages',
  kind: 'query',
  hash: '7632f9cadb9ce32324d92cec02cf37913f338b428f0f24564c8171a45fcc5bf0',
  at: [],
  text: `query Pages($project: String!, $run: String!, $metric: String!, $first: Int, $after: String) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], reduction: RAW, first: $first, after: $after}
  ) {
    stepsPacked
    valuesPacked
    endCursor
    receipt {
      exact
      pointsReturned
    }
  }
}`,
}

/** Which projects are there? */
export const Projects: Operation<ProjectsQuery, ProjectsQueryVariables> = {
  name: 'Projects',
  kind: 'query',
  hash: '2b92ab45523c29088bec27c8bf848343d4ccf8845487e823734573006cd32c3f',
  at: [],
  text: `query Projects($first: Int, $after: String) {
  projects(first: $first, after: $after) {
    nodes {
      id
      name
      runCount
      lastActivity
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
}

/** Which runs were the last to begin? */
export const NewestRuns: Operation<NewestRunsQuery, NewestRunsQueryVariables> = {
  name: 'NewestRuns',
  kind: 'query',
  hash: 'ce84ad484e4c3f5c63411f8d92542411983993871cb02b501a5c4446ed1949f7',
  at: [],
  text: `query NewestRuns($project: String!, $first: Int, $after: String) {
  runs(project: $project, first: $first, after: $after) {
    nodes {
      run
      name
      state
      created
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
}

/** Which runs are the best? */
export const Leaderboard: Operation<LeaderboardQuery, LeaderboardQueryVariables> = {
  name: 'Leaderboard',
  kind: 'query',
  hash: '439d8f95c6a384fa996aff0f7a00bb495a4e1f4818d402f30f0f39951f254ae5',
  at: [],
  text: `query Leaderboard($project: String!, $metric: String!, $first: Int) {
  runs(
    project: $project
    sort: {by: {metric: {name: $metric, field: MAX}}, direction: DESCENDING}
    first: $first
  ) {
    totalCount
    nodes {
      run
      state
      params
      metrics(names: [$metric]) {
        max
        maxStep
        last
      }
    }
  }
}`,
}

/** Which runs generalise worst? */
export const WidestGap: Operation<WidestGapQuery, WidestGapQueryVariables> = {
  name: 'WidestGap',
  kind: 'query',
  hash: '925ea154e2dca08225f5633f06f9cfb6ce472b360189b3a62367d54bba27db2b',
  at: [],
  text: `query WidestGap($project: String!, $text: String!, $first: Int) {
  runs(
    project: $project
    filter: {expression: {text: $text, exists: true}}
    sort: {by: {expression: {text: $text}}, direction: DESCENDING}
    first: $first
  ) {
    totalCount
    nodes {
      run
      metrics(names: ["train/loss", "val/loss"]) {
        name
        last
      }
    }
  }
}`,
}

/** Which finished runs had a small learning rate and used Adam? */
export const RunsByParams: Operation<RunsByParamsQuery, RunsByParamsQueryVariables> = {
  name: 'RunsByParams',
  kind: 'query',
  hash: '6ea4f2ec63957e8620bb840e52cc88a97fdd402cbc284ef4770289891587bf07',
  at: [],
  text: `query RunsByParams($project: String!, $filter: RunFilter) {
  runs(project: $project, filter: $filter, sort: {by: {field: RUN}}) {
    totalCount
    nodes {
      run
      params
    }
  }
}`,
}

/** Which runs went wrong? */
export const Trouble: Operation<TroubleQuery, TroubleQueryVariables> = {
  name: 'Trouble',
  kind: 'query',
  hash: 'd296426ec5449aff3e61b317923031818f549219fa1a7b5a96de8cc29d24c439',
  at: [],
  text: `query Trouble($project: String!, $metric: String!) {
  runs(
    project: $project
    filter: {or: [{state: [FAILED, KILLED]}, {metric: {name: $metric, field: NON_FINITE_COUNT, number: {greater: 0}}}]}
    sort: {by: {field: RUN}}
  ) {
    nodes {
      run
      state
      metrics(names: [$metric]) {
        nan
        positiveInfinity
        negativeInfinity
        firstNonFiniteStep
      }
    }
  }
}`,
}

/** Which runs got below a loss of 0.2, and when was their lowest? */
export const Reached: Operation<ReachedQuery, ReachedQueryVariables> = {
  name: 'Reached',
  kind: 'query',
  hash: 'e383feda9da5a87953c79f452c48e837080c08e827b4a00b23207f169349a903',
  at: [],
  text: `query Reached($project: String!, $metric: String!, $below: Float!) {
  runs(
    project: $project
    filter: {metric: {name: $metric, field: MIN, number: {less: $below}}}
    sort: {by: {metric: {name: $metric, field: MIN}}}
  ) {
    nodes {
      run
      metrics(names: [$metric]) {
        min
        minStep
        lastStep
      }
    }
  }
}`,
}

/** Whose runs are these, of that day? */
export const TeamRuns: Operation<TeamRunsQuery, TeamRunsQueryVariables> = {
  name: 'TeamRuns',
  kind: 'query',
  hash: '6b046a9e0c6fc898728db6b0c4e0bbe4428fb458a7f89c0a3e1fb825cf5f95c0',
  at: [],
  text: `query TeamRuns($project: String!, $team: String!, $from: Time, $before: Time) {
  runs(
    project: $project
    filter: {tag: {name: "team", text: {is: $team}}, created: {from: $from, before: $before}}
    sort: {by: {field: RUN}}
  ) {
    nodes {
      run
      tags
    }
  }
}`,
}

/** How many runs tried that? */
export const HowMany: Operation<HowManyQuery, HowManyQueryVariables> = {
  name: 'HowMany',
  kind: 'query',
  hash: '43843dd023bce5a4da8c6f2f7543c94185feb8909d50a4808bcfe5e0b0f04b81',
  at: [],
  text: `query HowMany($project: String!, $filter: RunFilter) {
  runs(project: $project, filter: $filter, first: 1) {
    totalCount
  }
}`,
}

/** What do the curves of the best runs look like? */
export const BestCurves: Operation<BestCurvesQuery, BestCurvesQueryVariables> = {
  name: 'BestCurves',
  kind: 'query',
  hash: '26b40ad28799ad9da54f97f16c833d1854d1f79aed057807d292bcd1c3cf6609',
  at: [],
  text: `query BestCurves($project: String!, $metric: String!, $first: Int) {
  runs(
    project: $project
    sort: {by: {metric: {name: $metric, field: MIN}}}
    first: $first
  ) {
    nodes {
      run
      series(metrics: [$metric], buckets: 100) {
        steps
        values
      }
    }
  }
}`,
}

/** Which values did we try, and how often? */
export const TriedValues: Operation<TriedValuesQuery, TriedValuesQueryVariables> = {
  name: 'TriedValues',
  kind: 'query',
  hash: 'aeeef2357999ad7ca790a6b87805e50397ea3ae9e26b568802b43579a1a275a1',
  at: [],
  text: `query TriedValues($project: String!, $filter: RunFilter, $of: [FacetKey!]!, $first: Int) {
  facets(project: $project, filter: $filter, of: $of, first: $first) {
    name
    runs
    missing
    distinct
    values {
      text
      runs
    }
    moreValues
    moreRuns
    numbers {
      min
      max
      binStarts
      binCounts
    }
  }
}`,
}

/** Which Adam runs ended well or got there early, but did not fail? */
export const EarlyOrGood: Operation<EarlyOrGoodQuery, EarlyOrGoodQueryVariables> = {
  name: 'EarlyOrGood',
  kind: 'query',
  hash: '948b44278a639541b91bd4b8ff3730ffa0f74f232d4b0efbf1216342d3439789',
  at: [],
  text: `query EarlyOrGood($project: String!, $filter: RunFilter, $metric: String!) {
  runs(
    project: $project
    filter: $filter
    sort: {by: {metric: {name: $metric, field: MEAN_OF_LAST, points: 10}}}
  ) {
    totalCount
    nodes {
      run
      state
    }
  }
}`,
}

/** In what do these runs differ? */
export const Differences: Operation<DifferencesQuery, DifferencesQueryVariables> = {
  name: 'Differences',
  kind: 'query',
  hash: '08da479f791c5035d368cf4c25ace01cdad91f0c97ad483e9fb56c9caa871798',
  at: [],
  text: `query Differences($project: String!, $runs: [String!]!, $metrics: [MetricSortKey!]) {
  compareRuns(project: $project, runs: $runs, metrics: $metrics) {
    runs
    differing {
      kind
      name
      values
    }
    differingCount
    equal {
      kind
      name
      value
    }
    equalCount
  }
}`,
}

/** How does the loss go for each optimizer, and how far do its runs lie apart? */
export const Spread: Operation<SpreadQuery, SpreadQueryVariables> = {
  name: 'Spread',
  kind: 'query',
  hash: 'e01b1ff2a90a73b4898ea67bede9c71fe45afd4878273b3894e6eea64950d653',
  at: [],
  text: `query Spread($project: String!, $metric: String!, $param: String!, $buckets: Int) {
  groups(
    input: {project: $project, metric: $metric, by: {param: $param}, quantiles: [0.1, 0.9], buckets: $buckets}
  ) {
    groups {
      label
      runs
      runsWithPoints
      steps
      counts
      mean
      median
      standardDeviation
      bands {
        quantile
        values
      }
    }
    receipt {
      bucketWidth
      exact
      runsMatched
      points
      superseded
      otherGroups
    }
  }
}`,
}

/** In which range do all finished runs lie? */
export const Envelope: Operation<EnvelopeQuery, EnvelopeQueryVariables> = {
  name: 'Envelope',
  kind: 'query',
  hash: '1cca9bc9a3ccf56ef80e2bbe2cfebbfe0dd441613503cf3596335461c66eab55',
  at: [],
  text: `query Envelope($project: String!, $metric: String!, $filter: RunFilter) {
  groups(
    input: {project: $project, metric: $metric, filter: $filter, value: MEAN, buckets: 100}
  ) {
    groups {
      runs
      stepsPacked
      minPacked
      medianPacked
      maxPacked
    }
    receipt {
      method
      bucketWidth
    }
  }
}`,
}

/** What was this run? */
export const OneRun: Operation<OneRunQuery, OneRunQueryVariables> = {
  name: 'OneRun',
  kind: 'query',
  hash: '253dda000caf728581d303ba9966dd8c3f9ea485c0df39c59de16e43fb5ac899',
  at: [],
  text: `query OneRun($project: String!, $run: String!) {
  run(project: $project, run: $run) {
    id
    name
    state
    created
    updated
    params
    tags
    points
    metricCount
  }
}`,
}

/** What did it log, and where did it get to? */
export const Metrics: Operation<MetricsQuery, MetricsQueryVariables> = {
  name: 'Metrics',
  kind: 'query',
  hash: '7b1e9efd632fce8df7c12561f35bdc7aec44e97f9594dae42196020a27f08137',
  at: [],
  text: `query Metrics($project: String!, $run: String!, $startsWith: String, $first: Int, $after: String) {
  run(project: $project, run: $run) {
    metrics(startsWith: $startsWith, first: $first, after: $after) {
      name
      count
      firstStep
      lastStep
      last
      min
      minStep
      max
      maxStep
    }
  }
}`,
}

/** At which step did it diverge? */
export const Divergence: Operation<DivergenceQuery, DivergenceQueryVariables> = {
  name: 'Divergence',
  kind: 'query',
  hash: 'd10a8e679b8424882c592d3df42ab92c2a3240b875a545b2fe76b938e4648d23',
  at: [],
  text: `query Divergence($project: String!, $run: String!, $metric: String!) {
  run(project: $project, run: $run) {
    metrics(names: [$metric]) {
      nan
      positiveInfinity
      firstNonFiniteStep
      max
      maxStep
    }
    series(metrics: [$metric]) {
      steps
      values
    }
  }
}`,
}

/** I wrote something just now: is it there? */
export const JustWritten: Operation<JustWrittenQuery, JustWrittenQueryVariables> = {
  name: 'JustWritten',
  kind: 'query',
  hash: '47a38fb6acb933ed5ca743e1ce7c2b916d2a663f6d816dcf36ae772b47814dc9',
  at: [["at"]],
  text: `query JustWritten($project: String!, $run: String!, $metric: String!, $at: String) {
  run(project: $project, run: $run, at: $at) {
    points
    metrics(names: [$metric]) {
      last
      lastStep
    }
  }
}`,
}

/** I kept some ids: what are they? */
export const ByIds: Operation<ByIdsQuery, ByIdsQueryVariables> = {
  name: 'ByIds',
  kind: 'query',
  hash: '5bf750b4d15306ed7cc31e91c3142712c4e3edc4e414216eb9eec777e7b0c3d3',
  at: [],
  text: `query ByIds($ids: [ID!]!) {
  nodes(ids: $ids) {
    id
    __typename
    ... on Project {
      name
      runCount
    }
    ... on Run {
      project
      run
      state
    }
    ... on Metric {
      name
      last
    }
  }
}`,
}

/** How does the loss go right now? */
export const Watch: Operation<WatchSubscription, WatchSubscriptionVariables> = {
  name: 'Watch',
  kind: 'subscription',
  hash: 'a26f51cc283602f9a77e65bf7aae4f22a9058cb4d756b406f761e8b423fbbddf',
  at: [],
  text: `subscription Watch($project: String!, $run: String!, $metric: String!, $after: String) {
  series(
    input: {project: $project, runs: [$run], metrics: [$metric], buckets: 500}
    after: $after
  ) {
    id
    watermark
    missed
    series {
      run
      metric
      reset
      fromStep
      steps
      values
    }
  }
}`,
}

/** Which runs begin, go on and end? */
export const WatchRuns: Operation<WatchRunsSubscription, WatchRunsSubscriptionVariables> = {
  name: 'WatchRuns',
  kind: 'subscription',
  hash: '563f6987ecc0fd119d1993b992ded4a7eb090e35d8806a30f71dce45e8d88ad7',
  at: [],
  text: `subscription WatchRuns($project: String!, $filter: RunFilter, $metric: String!, $after: String) {
  runs(project: $project, filter: $filter, summaries: true, after: $after) {
    id
    watermark
    reset
    changed {
      run
      state
      metrics(names: [$metric]) {
        last
        lastStep
      }
    }
    left
  }
}`,
}

/** How current is what I see? */
export const Server: Operation<ServerQuery, ServerQueryVariables> = {
  name: 'Server',
  kind: 'query',
  hash: 'd313b8e5cc180b6d0cbe3395b76503888f71831599b0b2569ba2f7c2a92284d4',
  at: [],
  text: `query Server {
  server {
    watermark
    watermarkTime
    limits
  }
}`,
}

/** Was anything refused after it was acknowledged? */
export const Refused: Operation<RefusedQuery, RefusedQueryVariables> = {
  name: 'Refused',
  kind: 'query',
  hash: '9f829354f285a939d47a4b533bf51083647b6b3addb2428c31ab0b0a646965ff',
  at: [],
  text: `query Refused($project: String) {
  deadLetterCounts(project: $project) {
    reason
    letters
    open
    newest
  }
}`,
}

/** What exactly was refused? */
export const Letters: Operation<LettersQuery, LettersQueryVariables> = {
  name: 'Letters',
  kind: 'query',
  hash: '2fee3c00ddd607125605d2c19baee9f266e3354316bbf9fa76827257c617bccc',
  at: [],
  text: `query Letters($project: String, $run: String, $first: Int, $after: String) {
  deadLetters(project: $project, run: $run, first: $first, after: $after) {
    nodes {
      id
      run
      reason
      detail
      replay
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}`,
}
