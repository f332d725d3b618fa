// Made by `npm run client` from schema/api.graphql, docs/questions.md and query/failures.ts.
import type { Packed, Value } from '../columns.ts'

export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** A value of any JSON type; types are kept as they were logged. */
  JSON: { input: unknown; output: unknown; }
  /** A moment: an ISO 8601 text in UTC with milliseconds, `2026-01-31T12:00:00.000Z`. As input also an integer, ms since 1970. */
  Time: { input: string | number; output: string; }
  /** A step of a run: a JSON integer within ±(2^53-1). */
  Step: { input: number; output: number; }
  /** A number of things: a JSON integer from 0 to 2^53-1. */
  Count: { input: number; output: number; }
  /** One value of a metric: a JSON number, or one of the texts `NaN`, `Infinity`, `-Infinity`. */
  Value: { input: Value; output: Value; }
  /** A column of steps: one JSON array of integers. */
  Steps: { input: readonly number[]; output: readonly number[]; }
  /** A column of counts: one JSON array of integers, 0 to 2^53-1 each. */
  Counts: { input: readonly number[]; output: readonly number[]; }
  /**
   * A column of values: one JSON array of numbers, non-finite ones as the texts `NaN`, `Infinity`, `-Infinity`, absent ones as null.
   * JSON has no way to show -0 that every reader keeps: it appears as 0; the packed form keeps it.
   */
  Values: { input: readonly (Value | null)[]; output: readonly (Value | null)[]; }
  /** A column of moments: one JSON array of integers, ms since 1970. */
  Times: { input: readonly number[]; output: readonly number[]; }
  /**
   * A column in packed form: base64 (standard alphabet, padded) of float64 numbers, little-endian, 8 bytes each; bit-exact except for
   * the payload of NaN. Absent values are NaN. Steps and counts are exact in it as they are within ±2^53.
   */
  Packed: { input: Packed; output: Packed; }
};

/** The questions there are. */
export type Query = {
  /** The curves of runs x metrics, reduced to what a chart can show. Order: as asked, all metrics of the first run first. */
  readonly series: ReadonlyArray<Series>;
  /**
   * Figures of one metric over the runs of a project, by step: mean, median, deviation, extremes and quantile bands of each group of runs. Up to
   * 100,000 runs with the metric and 100,000,000 of their points; more is refused with `TOO_COSTLY` before a point is read.
   */
  readonly groups: Groups;
  /** The projects, by name. */
  readonly projects: ProjectConnection;
  /** The runs of a project that pass a filter, in an order of choice, page by page. */
  readonly runs: RunConnection;
  /**
   * The values of things of the runs that pass a filter, with how many runs have each: what a filter could be narrowed by. One facet for each
   * of `of`, in its order.
   */
  readonly facets: ReadonlyArray<Facet>;
  /** Runs side by side: what differs among them, and what does not. An unknown run is refused with `UNKNOWN_RUN`. */
  readonly compareRuns: RunComparison;
  /** One run; null when there is none of this id. */
  readonly run?: Maybe<Run>;
  /** Frames that were acknowledged and cannot be stored, in log order, page by page. All conditions given must hold. */
  readonly deadLetters: DeadLetterConnection;
  /** How many dead letters there are, by project and reason; the most first. */
  readonly deadLetterCounts: ReadonlyArray<DeadLetterCount>;
  /** The server itself: its limits, and how far its store has come. */
  readonly server: Server;
  /** Anything that has an id, by it; null when there is no such thing. */
  readonly node?: Maybe<Node>;
  /** Several of them, in the order of their ids; null where there is no such thing. */
  readonly nodes: ReadonlyArray<Maybe<Node>>;
};

/** The questions there are. */
export type QueryseriesArgs = {
  input: SeriesInput;
};

/** The questions there are. */
export type QuerygroupsArgs = {
  input: GroupsInput;
};

/** The questions there are. */
export type QueryprojectsArgs = {
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QueryrunsArgs = {
  project: Scalars['String']['input'];
  filter?: InputMaybe<RunFilter>;
  sort?: InputMaybe<RunSort>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QueryfacetsArgs = {
  project: Scalars['String']['input'];
  filter?: InputMaybe<RunFilter>;
  of: ReadonlyArray<FacetKey>;
  first?: InputMaybe<Scalars['Int']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QuerycompareRunsArgs = {
  project: Scalars['String']['input'];
  runs: ReadonlyArray<Scalars['String']['input']>;
  metrics?: InputMaybe<ReadonlyArray<MetricSortKey>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QueryrunArgs = {
  project: Scalars['String']['input'];
  run: Scalars['String']['input'];
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QuerydeadLettersArgs = {
  project?: InputMaybe<Scalars['String']['input']>;
  run?: InputMaybe<Scalars['String']['input']>;
  reason?: InputMaybe<DeadLetterReason>;
  ids?: InputMaybe<ReadonlyArray<Scalars['ID']['input']>>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QuerydeadLetterCountsArgs = {
  project?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QuerynodeArgs = {
  id: Scalars['ID']['input'];
  at?: InputMaybe<Scalars['String']['input']>;
};

/** The questions there are. */
export type QuerynodesArgs = {
  ids: ReadonlyArray<Scalars['ID']['input']>;
  at?: InputMaybe<Scalars['String']['input']>;
};

/**
 * Anything that has an id of its own, with which `Query.node` finds it again. A curve has none: it is an answer to a question, named by its run,
 * metric and arguments.
 */
export type Node = {
  /**
   * Opaque and unique over all types: at most 8192 characters, the same as long as the thing is there. It holds the thing's names, so nothing is to be
   * looked up, and whoever may ask by name may ask by id.
   */
  readonly id: Scalars['ID']['output'];
};

/** Which curves, and how they are reduced. */
export type SeriesInput = {
  /** Name of the project. */
  readonly project: Scalars['String']['input'];
  /** Ids of the runs. An unknown one is refused with `UNKNOWN_RUN`. Runs x (metrics + expressions): at most 500 in one answer. */
  readonly runs: ReadonlyArray<Scalars['String']['input']>;
  /** Names of the metrics, at most 500. One that a run never logged gives a series without points. */
  readonly metrics?: ReadonlyArray<Scalars['String']['input']>;
  /**
   * Series computed from metrics, behind those of `metrics`: `train/loss - val/loss`, `log10(train/loss)`, `` `grad norm` / 2 ``. Operators + - * / ^
   * (power, from the right) and unary minus, parentheses, numbers, log (natural), log10, log2, exp, sqrt, abs, min(a, b), max(a, b), pow(a, b). A bare name
   * has letters, digits, `_`, `.` and `/`: a `/` between two letters or digits belongs to the name, so division is written with spaces; any other name
   * stands in backquotes, a backquote in it doubled. Arithmetic is that of IEEE 754: 1/0 is Infinity, log(-1) NaN. Points meet at equal steps, after
   * `repeated` settled which count. With `metrics` at most 500; 1000 characters, 8 metrics and a nesting of 32 each; refused with `BAD_EXPRESSION`, which says where.
   */
  readonly expressions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /**
   * Token of a write (`at` of its acknowledgement) that the answer must include: it waits until that write can be seen. Refused with
   * `BAD_AT` when it is no token of this server, with `WATERMARK_TIMEOUT` (retryable) when the write does not show up in time.
   */
  readonly at?: InputMaybe<Scalars['String']['input']>;
  /** First step, inclusive; the series' own first when absent. */
  readonly fromStep?: InputMaybe<Scalars['Step']['input']>;
  /** Last step, inclusive; the series' own last when absent. */
  readonly toStep?: InputMaybe<Scalars['Step']['input']>;
  /**
   * At most so many buckets for each series, 2 to 2000. A series with at most so many points in the range comes back whole; a longer one
   * as the first, lowest, highest and last point of each bucket (M4, exact to the pixel), and the first of each kind of non-finite value.
   */
  readonly buckets?: InputMaybe<Scalars['Int']['input']>;
  /** Which of several points of one step count. With `ALL` points of several metrics meet first with first, second with second. */
  readonly repeated?: InputMaybe<Repeated>;
  /**
   * What lies along x. Anything but `STEP`, and so do smoothing, expressions, ranges other than of steps, and the reductions MEAN and RAW, needs the points
   * themselves: at most 25,000,000 are read for one question, else `TOO_COSTLY` before any is.
   */
  readonly x?: InputMaybe<Axis>;
  /** With `x: METRIC`: name of the metric along x. */
  readonly xMetric?: InputMaybe<Scalars['String']['input']>;
  /** Only points of this time or later. All ranges given must hold; which point of a step counts is settled before. */
  readonly fromTime?: InputMaybe<Scalars['Time']['input']>;
  /** Only points of this time or earlier. */
  readonly toTime?: InputMaybe<Scalars['Time']['input']>;
  /** Only points logged so many ms after the run began, or later; see `Axis.RELATIVE_TIME`. Any finite float64. */
  readonly fromRelative?: InputMaybe<Scalars['Float']['input']>;
  /** Only points logged so many ms after the run began, or earlier. Any finite float64. */
  readonly toRelative?: InputMaybe<Scalars['Float']['input']>;
  /** With `x: METRIC`: only points where the metric along x has this value or a higher one. Any finite float64. */
  readonly fromX?: InputMaybe<Scalars['Float']['input']>;
  /** With `x: METRIC`: only points where the metric along x has this value or a lower one. Any finite float64. */
  readonly toX?: InputMaybe<Scalars['Float']['input']>;
  /** How a series with more points than buckets becomes shorter. */
  readonly reduction?: InputMaybe<Reduction>;
  /**
   * Smooths the values before they are reduced, at full resolution. Asked for the same series twice, with and without, a chart has both. What is smoothed does
   * not depend on the ranges: points before them count too.
   */
  readonly smoothing?: InputMaybe<Smoothing>;
  /** With `reduction: RAW`: how many points of each series, 1 to 50000; 1000 when absent. */
  readonly first?: InputMaybe<Scalars['Int']['input']>;
  /** With `reduction: RAW`: `Series.endCursor` of the page before, asked for one run and one metric or expression and otherwise in the same way. */
  readonly after?: InputMaybe<Scalars['String']['input']>;
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
  /**
   * Exponential moving average by distance (time-weighted EMA): the mean of this point and all before it, each weighted by 2^(-d / halfLife) where d is the way along x from
   * it to this one. Weights are divided by their sum, so that there is no bias towards 0 at the start. Any finite float64 above 0.
   */
  { readonly halfLife: Scalars['Float']['input']; readonly points?: never; readonly width?: never; }
  |  /** Moving average: the mean of this point and those before it, so many together. 1 to 1000000. */
  { readonly halfLife?: never; readonly points: Scalars['Int']['input']; readonly width?: never; }
  |  /** Moving average: the mean of this point and those before it from which the way along x is less than this. Any finite float64 above 0; at most 1000000 points at once. */
  { readonly halfLife?: never; readonly points?: never; readonly width: Scalars['Float']['input']; };

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

/** One metric of one run, or an expression over its metrics, over a range of steps. */
export type Series = {
  /** Id of the run. */
  readonly run: Scalars['String']['output'];
  /** Name of the metric, or the text of the expression. */
  readonly metric: Scalars['String']['output'];
  /**
   * Steps of the points. Points that were really logged, or computed from such, but for the averages of MEAN. They come in the order of x, those alike in it in
   * the order of steps, those of one step as they were logged; pages of RAW in the order of steps. MEAN: start of the bucket where x is the step, otherwise
   * step of its first finite point.
   */
  readonly steps: Scalars['Steps']['output'];
  /** Values of the points, as long as `steps`. */
  readonly values: Scalars['Values']['output'];
  /** Where the points lie along x, as long as `steps`: the same where x is the step. MEAN: start of the bucket. */
  readonly x: Scalars['Values']['output'];
  /**
   * When the points were logged, as long as `steps`; of expressions the latest time of their parts, of MEAN that of the bucket's first finite point. For M4, LTTB and LAST by step
   * of a metric they are looked up one by one, at most 100,000 in one answer; with `repeated: ALL` points alike in step and value then have the time of the first.
   */
  readonly times: Scalars['Times']['output'];
  /** `steps`, packed. */
  readonly stepsPacked: Scalars['Packed']['output'];
  /** `values`, packed. */
  readonly valuesPacked: Scalars['Packed']['output'];
  /** `x`, packed. */
  readonly xPacked: Scalars['Packed']['output'];
  /** `times`, packed. */
  readonly timesPacked: Scalars['Packed']['output'];
  /** With `reduction: RAW`: for `after` of the next page; null when there is none. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
  /** The same range as one row of figures per bucket, empty buckets left out. */
  readonly buckets: Buckets;
  /** How the points above came about, and what they leave out. */
  readonly receipt: Receipt;
};

/**
 * Figures of the buckets that have points, as columns of one length. A bucket covers the steps, or what else lies along x, from its start up to, not
 * including, its start + `receipt.bucketWidth`; starts are multiples of the width, and widths powers of two, so that the buckets of one curve fit in those of
 * any other. Where a bucket has no finite value its first, min, max, last and mean are null (NaN when packed).
 */
export type Buckets = {
  /** Number of buckets: the length of every column. */
  readonly count: Scalars['Count']['output'];
  /** First step that each bucket covers; on other axes the lowest step of its points. */
  readonly steps: Scalars['Steps']['output'];
  /** Where each bucket begins along x. */
  readonly x: Scalars['Values']['output'];
  /** Points in each bucket, non-finite ones included, superseded ones not. */
  readonly counts: Scalars['Counts']['output'];
  /** Finite value at the lowest x of each bucket. */
  readonly first: Scalars['Values']['output'];
  /** Lowest finite value of each bucket. */
  readonly min: Scalars['Values']['output'];
  /** Highest finite value of each bucket. */
  readonly max: Scalars['Values']['output'];
  /** Finite value at the highest x of each bucket. */
  readonly last: Scalars['Values']['output'];
  /** Mean of the finite values of each bucket; null but for `reduction: MEAN`. */
  readonly mean?: Maybe<Scalars['Values']['output']>;
  /** NaNs in each bucket. */
  readonly nan: Scalars['Counts']['output'];
  /** Points of value Infinity in each bucket. */
  readonly positiveInfinity: Scalars['Counts']['output'];
  /** Points of value -Infinity in each bucket. */
  readonly negativeInfinity: Scalars['Counts']['output'];
  /** `steps`, packed. */
  readonly stepsPacked: Scalars['Packed']['output'];
  /** `x`, packed. */
  readonly xPacked: Scalars['Packed']['output'];
  /** `counts`, packed. */
  readonly countsPacked: Scalars['Packed']['output'];
  /** `first`, packed. */
  readonly firstPacked: Scalars['Packed']['output'];
  /** `min`, packed. */
  readonly minPacked: Scalars['Packed']['output'];
  /** `max`, packed. */
  readonly maxPacked: Scalars['Packed']['output'];
  /** `last`, packed. */
  readonly lastPacked: Scalars['Packed']['output'];
  /** `mean`, packed; null but for `reduction: MEAN`. */
  readonly meanPacked?: Maybe<Scalars['Packed']['output']>;
  /** `nan`, packed. */
  readonly nanPacked: Scalars['Packed']['output'];
  /** `positiveInfinity`, packed. */
  readonly positiveInfinityPacked: Scalars['Packed']['output'];
  /** `negativeInfinity`, packed. */
  readonly negativeInfinityPacked: Scalars['Packed']['output'];
};

/** What a series' answer is made of: how it was reduced, what it leaves out, how current it is. */
export type Receipt = {
  /** How the points were reduced. */
  readonly method: Method;
  /** Whether every point of the range is in the answer, superseded ones and those without x aside; smoothed if `smoothing` says so. */
  readonly exact: Scalars['Boolean']['output'];
  /** What lies along x. */
  readonly axis: Axis;
  /** The metric along x; null for other axes. */
  readonly xMetric?: Maybe<Scalars['String']['output']>;
  /** When the run began; null where neither the axis nor a range is relative to it, and for a run without points. */
  readonly origin?: Maybe<Scalars['Time']['output']>;
  /** What was done to the values; null: nothing. */
  readonly smoothing?: Maybe<SmoothingDone>;
  /**
   * How much of x one bucket covers: a power of two. Steps, ms, or in the unit of the metric along x, where it may be a fraction; 2^1024, which float64 does
   * not have, is shown as the largest float64.
   */
  readonly bucketWidth: Scalars['Float']['output'];
  /** Points in all of the ranges, superseded ones of their steps included; of pages of RAW, here and below, those of the page. */
  readonly pointsTotal: Scalars['Count']['output'];
  /** Points in `steps` and `values`. */
  readonly pointsReturned: Scalars['Count']['output'];
  /** Points that do not count because another one of their step does; 0 with `repeated: ALL`. */
  readonly superseded: Scalars['Count']['output'];
  /** NaNs in the range, superseded ones aside. */
  readonly nan: Scalars['Count']['output'];
  /** Points of value Infinity in the range, superseded ones aside. */
  readonly positiveInfinity: Scalars['Count']['output'];
  /** Points of value -Infinity in the range, superseded ones aside. */
  readonly negativeInfinity: Scalars['Count']['output'];
  /** Lowest step of the range with a NaN or an infinity, superseded points aside; null when all are finite. */
  readonly firstNonFiniteStep?: Maybe<Scalars['Step']['output']>;
  /**
   * Points of the metric, or of those of the expression, that are left out because another metric needed has none at their step, in the range of steps whatever
   * their time; null for pages of RAW.
   */
  readonly withoutPartner?: Maybe<Scalars['Count']['output']>;
  /** Points of all ranges but that of x that are left out because the metric along x is NaN or infinite there; null for pages of RAW. */
  readonly nonFiniteX?: Maybe<Scalars['Count']['output']>;
  /** Buckets whose lowest or highest finite value is not among the points: 0 for M4. */
  readonly extremesLeftOut: Scalars['Count']['output'];
  /** Token of the last write that the answer includes for certain. */
  readonly watermark: Scalars['String']['output'];
  /** When the store was last known to hold everything that was logged, or the time of the newest write it holds. */
  readonly watermarkTime: Scalars['Time']['output'];
};

/** Which runs of a project, how they are grouped, and which figures of one metric are computed over them. */
export type GroupsInput = {
  /** Name of the project. One without runs gives no groups. */
  readonly project: Scalars['String']['input'];
  /** Name of the metric. */
  readonly metric: Scalars['String']['input'];
  /** Which runs; all of the project's when absent. */
  readonly filter?: InputMaybe<RunFilter>;
  /** By what they are grouped; all in one group when absent. */
  readonly by?: InputMaybe<GroupKey>;
  /** How many groups, those of the most runs, 1 to 100; of equally many the first by label. The receipt tells what is left out. */
  readonly first?: InputMaybe<Scalars['Int']['input']>;
  /** First step, inclusive; the runs' own first when absent. */
  readonly fromStep?: InputMaybe<Scalars['Step']['input']>;
  /** Last step, inclusive; the runs' own last when absent. */
  readonly toStep?: InputMaybe<Scalars['Step']['input']>;
  /**
   * At most so many buckets for each group, 2 to 2000. They are as wide as the least power of two with which the steps that these runs have
   * in the range fit, and aligned to multiples of it, so that groups compare with each other and with `Series.buckets`.
   */
  readonly buckets?: InputMaybe<Scalars['Int']['input']>;
  /** What a run contributes to a bucket. */
  readonly value?: InputMaybe<BucketValue>;
  /**
   * Which quantiles, at most 9, each 0 to 1; the median is there without. Of n values in order, the one at place q x (n - 1), counted from 0;
   * between two of them on the straight line (numpy's `linear`).
   */
  readonly quantiles?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** Token of a write that the answer must include, its runs' summaries too; see `SeriesInput.at`. */
  readonly at?: InputMaybe<Scalars['String']['input']>;
};

/** By what runs are grouped: exactly one of these. */
export type GroupKey =
  /** By the text of the param of this name; numbers and booleans as JSON writes them, so that the number 1 and the text `1` are one group. */
  { readonly param: Scalars['String']['input']; readonly tag?: never; readonly field?: never; }
  |  /** By the tag of this name. */
  { readonly param?: never; readonly tag: Scalars['String']['input']; readonly field?: never; }
  |  /** By a field of the run itself. */
  { readonly param?: never; readonly tag?: never; readonly field: GroupField; };

/** A field of a run to group by. */
export type GroupField =
  /** How it stands: `running`, `finished`, `failed`, `killed`. */
  | 'STATE';

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

/** Figures of a metric over groups of runs. */
export type Groups = {
  /** The groups, by number of runs, most first. */
  readonly groups: ReadonlyArray<Group>;
  /** What was read, and what was left out. */
  readonly receipt: GroupsReceipt;
};

/**
 * Runs that are alike in what they are grouped by, and figures over them as columns of one length, a place for each bucket in which one of them has
 * points. Where none of those is finite the figures are null (NaN when packed).
 */
export type Group = {
  /** What they have in common, as a text; null for the runs that do not have it, empty when runs are not grouped. */
  readonly label?: Maybe<Scalars['String']['output']>;
  /** Runs of the group, whether they have points or not. */
  readonly runs: Scalars['Count']['output'];
  /** Those of them that have points of the metric in the range. */
  readonly runsWithPoints: Scalars['Count']['output'];
  /** Number of buckets: the length of every column. */
  readonly count: Scalars['Count']['output'];
  /** First step that each bucket covers; `receipt.bucketWidth` steps. */
  readonly steps: Scalars['Steps']['output'];
  /** Runs that contribute to each bucket. */
  readonly counts: Scalars['Counts']['output'];
  /** Points in each bucket that are NaN or infinite, superseded ones aside. */
  readonly nonFinite: Scalars['Counts']['output'];
  /** Mean of what the runs contribute. */
  readonly mean: Scalars['Values']['output'];
  /** Median: the quantile 0.5. */
  readonly median: Scalars['Values']['output'];
  /** Standard deviation of a sample (divided by n - 1); null where fewer than two runs contribute. */
  readonly standardDeviation: Scalars['Values']['output'];
  /** Lowest value. */
  readonly min: Scalars['Values']['output'];
  /** Highest value. */
  readonly max: Scalars['Values']['output'];
  /** The quantiles asked for, in their order. */
  readonly bands: ReadonlyArray<Band>;
  /** `steps`, packed. */
  readonly stepsPacked: Scalars['Packed']['output'];
  /** `counts`, packed. */
  readonly countsPacked: Scalars['Packed']['output'];
  /** `nonFinite`, packed. */
  readonly nonFinitePacked: Scalars['Packed']['output'];
  /** `mean`, packed. */
  readonly meanPacked: Scalars['Packed']['output'];
  /** `median`, packed. */
  readonly medianPacked: Scalars['Packed']['output'];
  /** `standardDeviation`, packed. */
  readonly standardDeviationPacked: Scalars['Packed']['output'];
  /** `min`, packed. */
  readonly minPacked: Scalars['Packed']['output'];
  /** `max`, packed. */
  readonly maxPacked: Scalars['Packed']['output'];
};

/** One quantile of a group, by bucket. */
export type Band = {
  /** Which quantile, 0 to 1. */
  readonly quantile: Scalars['Float']['output'];
  /** Its values, a place for each bucket of the group. */
  readonly values: Scalars['Values']['output'];
  /** `values`, packed. */
  readonly valuesPacked: Scalars['Packed']['output'];
};

/** What the figures of groups are made of. */
export type GroupsReceipt = {
  /** What each run contributes to a bucket. */
  readonly method: BucketValue;
  /**
   * Whether the figures are computed from every point of the range, quantiles too, which are never sketched: so unless runs logged on, while
   * they were read, in a way that five readings did not catch up with.
   */
  readonly exact: Scalars['Boolean']['output'];
  /** Steps that one bucket covers: a power of two. */
  readonly bucketWidth: Scalars['Count']['output'];
  /** Runs that pass the filter, over all groups. */
  readonly runsMatched: Scalars['Count']['output'];
  /** Runs of the groups shown that have points of the metric in the range. */
  readonly runsWithPoints: Scalars['Count']['output'];
  /** Points read: of those runs, in the range, superseded and non-finite ones included. */
  readonly points: Scalars['Count']['output'];
  /** Points that do not count because another one of their step was logged later. */
  readonly superseded: Scalars['Count']['output'];
  /** Groups that are not shown. */
  readonly otherGroups: Scalars['Count']['output'];
  /** Runs of those groups. */
  readonly otherRuns: Scalars['Count']['output'];
  /** Token of the last write that the answer includes for certain. */
  readonly watermark: Scalars['String']['output'];
  /** When the store was last known to hold everything that was logged, or the time of the newest write it holds. */
  readonly watermarkTime: Scalars['Time']['output'];
};

/** How values were smoothed before they were reduced; one of the figures is not null. See `Smoothing`. */
export type SmoothingDone = {
  /** In which way. */
  readonly method: SmoothingMethod;
  /** Half-life in units of x. */
  readonly halfLife?: Maybe<Scalars['Float']['output']>;
  /** Points in the window. */
  readonly points?: Maybe<Scalars['Count']['output']>;
  /** Width of the window in units of x. */
  readonly width?: Maybe<Scalars['Float']['output']>;
};

/** A way to smooth values. */
export type SmoothingMethod =
  /** Exponential moving average, weighted by distance in x. */
  | 'EMA'
  /** Mean of the points in a window that ends at each point. */
  | 'MOVING_AVERAGE';

/** A page of projects. */
export type ProjectConnection = {
  /** The page's projects, each with its cursor. */
  readonly edges: ReadonlyArray<ProjectEdge>;
  /** The page's projects. */
  readonly nodes: ReadonlyArray<Project>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
};

/** A project on a page. */
export type ProjectEdge = {
  /** Where the project lies; for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The project. */
  readonly node: Project;
};

/** A namespace of runs. */
export type Project = Node & {
  /** Opaque id, unique over all types; for `Query.node`. */
  readonly id: Scalars['ID']['output'];
  /** Its name, 1 to 128 characters. */
  readonly name: Scalars['String']['output'];
  /** How many runs it has. */
  readonly runCount: Scalars['Count']['output'];
  /** When one of its runs last began, changed its state, name, params or tags, or logged points. */
  readonly lastActivity: Scalars['Time']['output'];
};

/** A page of runs. */
export type RunConnection = {
  /** The page's runs, each with its cursor. */
  readonly edges: ReadonlyArray<RunEdge>;
  /** The page's runs. */
  readonly nodes: ReadonlyArray<Run>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
  /** How many runs pass the filter, over all pages. Counted only when asked for. */
  readonly totalCount: Scalars['Count']['output'];
};

/** A run on a page. */
export type RunEdge = {
  /** Where the run lies in this order; for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The run. */
  readonly node: Run;
};

/** Where a page lies among all pages. */
export type PageInfo = {
  /** Whether there are more after it; true for every page asked with `before`. */
  readonly hasNextPage: Scalars['Boolean']['output'];
  /** Whether there are any before it: true for every page asked with `after`, and known for those asked with `last`. */
  readonly hasPreviousPage: Scalars['Boolean']['output'];
  /** Cursor of its first item; null when it is empty. */
  readonly startCursor?: Maybe<Scalars['String']['output']>;
  /** Cursor of its last item; null when it is empty. */
  readonly endCursor?: Maybe<Scalars['String']['output']>;
};

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

/** One training job's record. */
export type Run = Node & {
  /** Opaque id, unique over all types; for `Query.node`. */
  readonly id: Scalars['ID']['output'];
  /** Name of its project. */
  readonly project: Scalars['String']['output'];
  /** Its id within the project, as its client chose it: 1 to 128 characters. */
  readonly run: Scalars['String']['output'];
  /** Its display name; empty when it has none. */
  readonly name: Scalars['String']['output'];
  /** How it stands. */
  readonly state: RunState;
  /** When it first appeared. */
  readonly created: Scalars['Time']['output'];
  /** When its state, name, params or tags last changed. */
  readonly updated: Scalars['Time']['output'];
  /** Its params as one JSON object, types kept. */
  readonly params: Scalars['JSON']['output'];
  /** Its tags as one JSON object of texts. */
  readonly tags: Scalars['JSON']['output'];
  /** How many points were logged; follows within seconds. */
  readonly points: Scalars['Count']['output'];
  /** How many metrics it has; follows within seconds. */
  readonly metricCount: Scalars['Count']['output'];
  /** What it logged: its metrics with their summaries, by name; follows within seconds. */
  readonly metrics: ReadonlyArray<Metric>;
  /** Curves of this run, as `Query.series` draws them; one question to the store for all runs of a page. */
  readonly series: ReadonlyArray<Series>;
};

/** One training job's record. */
export type RunmetricsArgs = {
  names?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  startsWith?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** One training job's record. */
export type RunseriesArgs = {
  metrics?: ReadonlyArray<Scalars['String']['input']>;
  expressions?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  fromStep?: InputMaybe<Scalars['Step']['input']>;
  toStep?: InputMaybe<Scalars['Step']['input']>;
  buckets?: InputMaybe<Scalars['Int']['input']>;
  repeated?: InputMaybe<Repeated>;
  x?: InputMaybe<Axis>;
  xMetric?: InputMaybe<Scalars['String']['input']>;
  fromTime?: InputMaybe<Scalars['Time']['input']>;
  toTime?: InputMaybe<Scalars['Time']['input']>;
  fromRelative?: InputMaybe<Scalars['Float']['input']>;
  toRelative?: InputMaybe<Scalars['Float']['input']>;
  fromX?: InputMaybe<Scalars['Float']['input']>;
  toX?: InputMaybe<Scalars['Float']['input']>;
  reduction?: InputMaybe<Reduction>;
  smoothing?: InputMaybe<Smoothing>;
  first?: InputMaybe<Scalars['Int']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** One metric of a run: its summary over every point logged, repeated steps included. */
export type Metric = Node & {
  /** Opaque id, unique over all types; for `Query.node`. */
  readonly id: Scalars['ID']['output'];
  /** Its name, 1 to 512 bytes. */
  readonly name: Scalars['String']['output'];
  /** Points logged. */
  readonly count: Scalars['Count']['output'];
  /** Lowest step. */
  readonly firstStep: Scalars['Step']['output'];
  /** Highest step. */
  readonly lastStep: Scalars['Step']['output'];
  /** Time of the point at the highest step. */
  readonly lastTime: Scalars['Time']['output'];
  /** Value at the highest step. */
  readonly last: Scalars['Value']['output'];
  /** Lowest finite value; null when there is none. */
  readonly min?: Maybe<Scalars['Value']['output']>;
  /** Step of `min`. */
  readonly minStep?: Maybe<Scalars['Step']['output']>;
  /** Highest finite value; null when there is none. */
  readonly max?: Maybe<Scalars['Value']['output']>;
  /** Step of `max`. */
  readonly maxStep?: Maybe<Scalars['Step']['output']>;
  /** NaNs logged. */
  readonly nan: Scalars['Count']['output'];
  /** Points of value Infinity logged. */
  readonly positiveInfinity: Scalars['Count']['output'];
  /** Points of value -Infinity logged. */
  readonly negativeInfinity: Scalars['Count']['output'];
  /** Lowest step with a NaN or an infinity; null when all are finite. */
  readonly firstNonFiniteStep?: Maybe<Scalars['Step']['output']>;
};

/**
 * Which runs. Every condition given must hold; `or` and `not` nest. At most 100 conditions and 8 different metrics in one filter.
 * A condition on something that a run does not have does not hold.
 */
export type RunFilter = {
  /** All of these hold; at most 100. */
  readonly and?: InputMaybe<ReadonlyArray<RunFilter>>;
  /** At least one of these holds; at most 100. */
  readonly or?: InputMaybe<ReadonlyArray<RunFilter>>;
  /** This does not hold. */
  readonly not?: InputMaybe<RunFilter>;
  /** The state is one of these, at most 500. */
  readonly state?: InputMaybe<ReadonlyArray<RunState>>;
  /** About the display name. */
  readonly name?: InputMaybe<TextCondition>;
  /** About the run id. */
  readonly run?: InputMaybe<TextCondition>;
  /** About the time it first appeared. */
  readonly created?: InputMaybe<TimeCondition>;
  /** About the time it last changed. */
  readonly updated?: InputMaybe<TimeCondition>;
  /** About a param. */
  readonly param?: InputMaybe<ParamCondition>;
  /** About a tag. */
  readonly tag?: InputMaybe<TagCondition>;
  /** About a metric's summary. */
  readonly metric?: InputMaybe<MetricCondition>;
  /** About an expression over metrics. */
  readonly expression?: InputMaybe<ExpressionCondition>;
};

/** About a text; every one given must hold. Upper and lower case differ. */
export type TextCondition = {
  /** It is this. */
  readonly is?: InputMaybe<Scalars['String']['input']>;
  /** It is one of these, at most 500. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['String']['input']>>;
  /** It has this within. */
  readonly contains?: InputMaybe<Scalars['String']['input']>;
  /** It begins with this. */
  readonly startsWith?: InputMaybe<Scalars['String']['input']>;
};

/** About a number; every one given must hold. NaN passes none of them; the infinities compare as one expects. */
export type NumberCondition = {
  /** It is this: any finite float64. */
  readonly is?: InputMaybe<Scalars['Float']['input']>;
  /** It is one of these, at most 500: any finite float64. */
  readonly in?: InputMaybe<ReadonlyArray<Scalars['Float']['input']>>;
  /** It is less: any finite float64. */
  readonly less?: InputMaybe<Scalars['Float']['input']>;
  /** It is less, or this: any finite float64. */
  readonly lessOrEqual?: InputMaybe<Scalars['Float']['input']>;
  /** It is greater: any finite float64. */
  readonly greater?: InputMaybe<Scalars['Float']['input']>;
  /** It is greater, or this: any finite float64. */
  readonly greaterOrEqual?: InputMaybe<Scalars['Float']['input']>;
};

/** About a moment; every one given must hold. */
export type TimeCondition = {
  /** It is this moment or later. */
  readonly from?: InputMaybe<Scalars['Time']['input']>;
  /** It is before this moment. */
  readonly before?: InputMaybe<Scalars['Time']['input']>;
};

/** About a param; every one given must hold. */
export type ParamCondition = {
  /** Name of the param. */
  readonly name: Scalars['String']['input'];
  /** Whether the run has it. `false` finds the runs without it. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** About its number; a boolean counts as 0 or 1, a text not at all. */
  readonly number?: InputMaybe<NumberCondition>;
  /** About its text; numbers and booleans as JSON writes them. */
  readonly text?: InputMaybe<TextCondition>;
};

/** About a tag; every one given must hold. */
export type TagCondition = {
  /** Name of the tag. */
  readonly name: Scalars['String']['input'];
  /** Whether the run has it. `false` finds the runs without it. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** About its text. */
  readonly text?: InputMaybe<TextCondition>;
};

/** About one figure of a metric's summary; every one given must hold. */
export type MetricCondition = {
  /** Name of the metric. */
  readonly name: Scalars['String']['input'];
  /** Which figure. */
  readonly field?: InputMaybe<SummaryField>;
  /** How many points `MEAN_OF_LAST` is of, 1 to 10000; of no other figure. */
  readonly points?: InputMaybe<Scalars['Int']['input']>;
  /** The bound of `FIRST_STEP_BELOW` and `FIRST_STEP_ABOVE`, -1.8e308 to 1.8e308; of no other figure. */
  readonly bound?: InputMaybe<Scalars['Float']['input']>;
  /** Whether the run has logged the metric, and it has such a figure. `false` finds the runs without. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** About the figure. */
  readonly number?: InputMaybe<NumberCondition>;
};

/**
 * About an expression over one figure of each of its metrics; every one given must hold. The metrics of all conditions and of the order together are at most
 * 8.
 */
export type ExpressionCondition = {
  /** The expression, in the language of `SeriesInput.expressions`: such as `train/loss - val/loss`; at most 1000 characters. */
  readonly text: Scalars['String']['input'];
  /** Which figure its metrics stand for; none of those that are read from points. */
  readonly field?: InputMaybe<SummaryField>;
  /** Whether the run has such a figure of every metric of the expression. `false` finds the runs without. */
  readonly exists?: InputMaybe<Scalars['Boolean']['input']>;
  /** About what it comes to. */
  readonly number?: InputMaybe<NumberCondition>;
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

/** An order of runs. */
export type RunSort = {
  /** By what. */
  readonly by: RunSortKey;
  /** Which way. Runs that do not have it come last either way, after those where it is NaN. */
  readonly direction?: InputMaybe<Direction>;
};

/** By what runs are sorted: exactly one of these. */
export type RunSortKey =
  /** By a field of the run itself. */
  { readonly field: RunSortField; readonly param?: never; readonly paramText?: never; readonly tag?: never; readonly metric?: never; readonly expression?: never; }
  |  /** By the number of the param of this name. */
  { readonly field?: never; readonly param: Scalars['String']['input']; readonly paramText?: never; readonly tag?: never; readonly metric?: never; readonly expression?: never; }
  |  /** By the text of the param of this name. */
  { readonly field?: never; readonly param?: never; readonly paramText: Scalars['String']['input']; readonly tag?: never; readonly metric?: never; readonly expression?: never; }
  |  /** By the text of the tag of this name. */
  { readonly field?: never; readonly param?: never; readonly paramText?: never; readonly tag: Scalars['String']['input']; readonly metric?: never; readonly expression?: never; }
  |  /** By a figure of a metric's summary. */
  { readonly field?: never; readonly param?: never; readonly paramText?: never; readonly tag?: never; readonly metric: MetricSortKey; readonly expression?: never; }
  |  /** By an expression over metrics. */
  { readonly field?: never; readonly param?: never; readonly paramText?: never; readonly tag?: never; readonly metric?: never; readonly expression: ExpressionSortKey; };

/** A field of a run to sort by. */
export type RunSortField =
  /** When it first appeared. */
  | 'CREATED'
  /** When it last changed. */
  | 'UPDATED'
  /** Its display name. */
  | 'NAME'
  /** Its id. */
  | 'RUN';

/** A figure of a metric's summary to sort by. */
export type MetricSortKey = {
  /** Name of the metric. */
  readonly name: Scalars['String']['input'];
  /** Which figure. */
  readonly field?: InputMaybe<SummaryField>;
  /** How many points `MEAN_OF_LAST` is of, 1 to 10000; of no other figure. */
  readonly points?: InputMaybe<Scalars['Int']['input']>;
  /** The bound of `FIRST_STEP_BELOW` and `FIRST_STEP_ABOVE`, -1.8e308 to 1.8e308; of no other figure. */
  readonly bound?: InputMaybe<Scalars['Float']['input']>;
};

/**
 * An expression over one figure of each of its metrics to sort by. A run does not have it where it lacks one of them; where it comes to NaN, as log(-1) or
 * Infinity - Infinity do, it stands behind those with a number, and infinities are numbers.
 */
export type ExpressionSortKey = {
  /**
   * The expression, in the language of `SeriesInput.expressions` and computed alike: with `LAST` an order is that of the last points of the curves of the
   * expression, where all of its metrics have their highest step in common. At most 1000 characters and, with those of the filter, 8 metrics.
   */
  readonly text: Scalars['String']['input'];
  /** Which figure its metrics stand for; none of those that are read from points. */
  readonly field?: InputMaybe<SummaryField>;
};

/** Which way an order goes. */
export type Direction =
  /** Smallest, earliest or first of the alphabet first. */
  | 'ASCENDING'
  /** Greatest, latest or last of the alphabet first. */
  | 'DESCENDING';

/** A thing of runs that has values to count: exactly one of these. */
export type FacetKey =
  /** A field of the run itself. */
  { readonly field: FacetField; readonly param?: never; readonly tag?: never; }
  |  /** The param of this name: its texts and, where it has numbers, their range. */
  { readonly field?: never; readonly param: Scalars['String']['input']; readonly tag?: never; }
  |  /** The tag of this name. */
  { readonly field?: never; readonly param?: never; readonly tag: Scalars['String']['input']; };

/** A field of a run whose values can be counted. */
export type FacetField =
  /** How it stands. */
  | 'STATE';

/** The values of one thing over the runs that pass a filter. */
export type Facet = {
  /** Name of the param or tag; `state` for the state. */
  readonly name: Scalars['String']['output'];
  /** Runs that have it. */
  readonly runs: Scalars['Count']['output'];
  /** Runs that do not have it. */
  readonly missing: Scalars['Count']['output'];
  /** Different values. */
  readonly distinct: Scalars['Count']['output'];
  /** The most frequent values, those of most runs first, equally frequent ones by text. */
  readonly values: ReadonlyArray<FacetValue>;
  /** Different values that are not in `values`. */
  readonly moreValues: Scalars['Count']['output'];
  /** Runs that have those. */
  readonly moreRuns: Scalars['Count']['output'];
  /** Its numbers; null when no run has one. A boolean counts as 0 or 1. */
  readonly numbers?: Maybe<FacetNumbers>;
};

/** A value, and how many runs have it. */
export type FacetValue = {
  /** The value; numbers and booleans as JSON writes them, a state as it is stored, in small letters. */
  readonly text: Scalars['String']['output'];
  /** Runs that have it. */
  readonly runs: Scalars['Count']['output'];
};

/** Numbers of a param: their range, and a histogram of at most 20 bins of one width. */
export type FacetNumbers = {
  /** Runs whose value is a number. */
  readonly runs: Scalars['Count']['output'];
  /** Runs whose number is NaN or infinite; those are in no bin. */
  readonly nonFinite: Scalars['Count']['output'];
  /** Lowest finite number; null when there is none. */
  readonly min?: Maybe<Scalars['Value']['output']>;
  /** Highest finite number; null when there is none. */
  readonly max?: Maybe<Scalars['Value']['output']>;
  /** Width of a bin; 0 when all numbers are the same. */
  readonly binWidth: Scalars['Value']['output'];
  /** Where each bin begins; it goes up to, not including, the begin of the next, the last one up to `max`. */
  readonly binStarts: Scalars['Values']['output'];
  /** Runs in each bin. */
  readonly binCounts: Scalars['Counts']['output'];
};

/** Runs side by side. */
export type RunComparison = {
  /** The runs, each once, in the order asked: the columns of `differing`. */
  readonly runs: ReadonlyArray<Scalars['String']['output']>;
  /** What is not the same in all of them: the state, params by name, tags by name, figures as asked. */
  readonly differing: ReadonlyArray<ComparedThing>;
  /** How many such things there are, also those beyond `first`. */
  readonly differingCount: Scalars['Count']['output'];
  /** What is the same in all of them. */
  readonly equal: ReadonlyArray<EqualThing>;
  /** How many such things there are, also those beyond `first`. */
  readonly equalCount: Scalars['Count']['output'];
};

/** Something that differs among runs. */
export type ComparedThing = {
  /** What it is. */
  readonly kind: ComparedKind;
  /** Name of the param or tag; of a figure the metric's name, a space and the figure. */
  readonly name: Scalars['String']['output'];
  /** Its value in each run, as long as `RunComparison.runs`; null where a run does not have it. Types of params are kept; numbers that are not finite are texts. */
  readonly values: ReadonlyArray<Maybe<Scalars['JSON']['output']>>;
  /** How many different values there are, not having it being one of them. */
  readonly distinct: Scalars['Count']['output'];
};

/** Something that is the same in all runs compared. */
export type EqualThing = {
  /** What it is. */
  readonly kind: ComparedKind;
  /** Its name, as in `ComparedThing`. */
  readonly name: Scalars['String']['output'];
  /** Its value; null where no run has it. */
  readonly value?: Maybe<Scalars['JSON']['output']>;
};

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

/** A page of dead letters. */
export type DeadLetterConnection = {
  /** The page's letters, each with its cursor. */
  readonly edges: ReadonlyArray<DeadLetterEdge>;
  /** The page's letters. */
  readonly nodes: ReadonlyArray<DeadLetter>;
  /** Where the page lies. */
  readonly pageInfo: PageInfo;
};

/** A dead letter on a page. */
export type DeadLetterEdge = {
  /** Where the letter lies in the log; for `after`. */
  readonly cursor: Scalars['String']['output'];
  /** The letter. */
  readonly node: DeadLetter;
};

/**
 * A frame that was acknowledged and cannot be stored, kept with the reason. `npm run dead-letters` lists, shows and replays them; a letter
 * that was replayed stays.
 */
export type DeadLetter = Node & {
  /** Its name: `<partition>-<offset>-<block>`; for `Query.node` too. */
  readonly id: Scalars['ID']['output'];
  /** Partition of the log. */
  readonly partition: Scalars['Count']['output'];
  /** Offset of its record in the partition. */
  readonly offset: Scalars['Count']['output'];
  /** Number of the frame's first block within the record. */
  readonly block: Scalars['Count']['output'];
  /** Name of the frame's project; empty when the record cannot be read. */
  readonly project: Scalars['String']['output'];
  /** Id of the frame's run; empty when the record cannot be read. */
  readonly run: Scalars['String']['output'];
  /** Why it cannot be stored. */
  readonly reason: DeadLetterReason;
  /** The reason in words, with the figures of the case. */
  readonly detail: Scalars['String']['output'];
  /** When the frame arrived; null when the record cannot be read. */
  readonly received?: Maybe<Scalars['Time']['output']>;
  /** Bytes of `frame`. */
  readonly bytes: Scalars['Count']['output'];
  /**
   * What could not be stored, as a log record of one frame (the layout is drawn in `ingest/record/record.ts`); the whole record where it cannot
   * be read. Base64, standard alphabet, padded. Counts as 98,304 points of the answer's cost.
   */
  readonly frame: Scalars['String']['output'];
  /** Whether it was replayed; follows within seconds, with `at` at once. */
  readonly replay: ReplayState;
};

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

/** Dead letters of one project and reason. */
export type DeadLetterCount = {
  /** Name of the project; empty for records that cannot be read. */
  readonly project: Scalars['String']['output'];
  /** Why they cannot be stored. */
  readonly reason: DeadLetterReason;
  /** How many there are, replayed or not. */
  readonly letters: Scalars['Count']['output'];
  /** How many of them are open: replaying may help, and they were not replayed. Counted only when asked for. */
  readonly open: Scalars['Count']['output'];
  /** When the first of them arrived; null when the records cannot be read. */
  readonly oldest?: Maybe<Scalars['Time']['output']>;
  /** When the last of them arrived; null when the records cannot be read. */
  readonly newest?: Maybe<Scalars['Time']['output']>;
};

/** The server itself. */
export type Server = {
  /** Every limit by its name in `schema/limits.ts`. */
  readonly limits: Scalars['JSON']['output'];
  /** Token of everything that can be seen now. */
  readonly watermark: Scalars['String']['output'];
  /** When the store was last known to hold everything that was logged, or the time of the newest write it holds. */
  readonly watermarkTime: Scalars['Time']['output'];
};

/**
 * What can be watched: over SSE (POST or GET with `Accept: text/event-stream`, one subscription each) or over a WebSocket at the same path with the
 * subprotocol `graphql-transport-ws`. Events are pushed when the store gets something new. An event always brings its viewer from where it stood to where
 * the store is: who reads slowly gets fewer events, each with all that is needed, and is told how many it missed. Each event's `id`, which is also the SSE
 * event's id, goes on from there after a lost connection, at any server of the deployment: as the header `Last-Event-ID` or as `after`.
 */
export type Subscription = {
  /**
   * Curves as they grow. The first event has them whole, as `Query.series` answers; the others have, of each series that changed, what is to replace
   * its end, or the whole again with `reset`. Who puts them together has, after each event, exactly what `Query.series` answers at its watermark.
   */
  readonly series: SeriesEvent;
  /**
   * The runs of a project that appear or change. The first event tells of none, or with `after` of those that changed since: ask `Query.runs` with `at` set
   * to its `watermark` for the list that later events change.
   */
  readonly runs: RunsEvent;
};

/**
 * What can be watched: over SSE (POST or GET with `Accept: text/event-stream`, one subscription each) or over a WebSocket at the same path with the
 * subprotocol `graphql-transport-ws`. Events are pushed when the store gets something new. An event always brings its viewer from where it stood to where
 * the store is: who reads slowly gets fewer events, each with all that is needed, and is told how many it missed. Each event's `id`, which is also the SSE
 * event's id, goes on from there after a lost connection, at any server of the deployment: as the header `Last-Event-ID` or as `after`.
 */
export type SubscriptionseriesArgs = {
  input: LiveSeriesInput;
  after?: InputMaybe<Scalars['String']['input']>;
};

/**
 * What can be watched: over SSE (POST or GET with `Accept: text/event-stream`, one subscription each) or over a WebSocket at the same path with the
 * subprotocol `graphql-transport-ws`. Events are pushed when the store gets something new. An event always brings its viewer from where it stood to where
 * the store is: who reads slowly gets fewer events, each with all that is needed, and is told how many it missed. Each event's `id`, which is also the SSE
 * event's id, goes on from there after a lost connection, at any server of the deployment: as the header `Last-Event-ID` or as `after`.
 */
export type SubscriptionrunsArgs = {
  project: Scalars['String']['input'];
  filter?: InputMaybe<RunFilter>;
  summaries?: InputMaybe<Scalars['Boolean']['input']>;
  after?: InputMaybe<Scalars['String']['input']>;
};

/** Which curves to watch, and how they are reduced: as in `SeriesInput`, by M4. */
export type LiveSeriesInput = {
  /** Name of the project. */
  readonly project: Scalars['String']['input'];
  /** Ids of the runs. One that there is not yet gives a series without points, until it begins. Runs x metrics x buckets: at most 100000 in one subscription. */
  readonly runs: ReadonlyArray<Scalars['String']['input']>;
  /** Names of the metrics. Runs x metrics: at most 500. */
  readonly metrics: ReadonlyArray<Scalars['String']['input']>;
  /** First step, inclusive; the series' own first when absent. */
  readonly fromStep?: InputMaybe<Scalars['Step']['input']>;
  /** Last step, inclusive; the series' own last when absent. */
  readonly toStep?: InputMaybe<Scalars['Step']['input']>;
  /** At most so many buckets for each series, 2 to 2000; see `SeriesInput.buckets`. */
  readonly buckets?: InputMaybe<Scalars['Int']['input']>;
  /** Which of several points of one step count. */
  readonly repeated?: InputMaybe<Repeated>;
};

/** What changed of the curves that are watched, up to one moment. */
export type SeriesEvent = {
  /** Where the viewer stands with it; for `after` and `Last-Event-ID`. Opaque. */
  readonly id: Scalars['String']['output'];
  /** Token of the moment: the curves have every write up to it, and none after it. */
  readonly watermark: Scalars['String']['output'];
  /** When the store was last known to hold everything that was logged, or the time of the newest write it holds. */
  readonly watermarkTime: Scalars['Time']['output'];
  /** Events that came in between and were not sent, because the viewer did not read: what was in them is in this one. 0 in the first event. */
  readonly missed: Scalars['Count']['output'];
  /** The series that changed, each once; in the first event all of them, runs first. */
  readonly series: ReadonlyArray<SeriesPatch>;
};

/** One series from some step on: drop what is there from `fromStep` on (with `reset` all of it), then put the columns behind what is left. */
export type SeriesPatch = {
  /** Id of the run. */
  readonly run: Scalars['String']['output'];
  /** Name of the metric. */
  readonly metric: Scalars['String']['output'];
  /** Whether the columns are the whole curve: first events, and whenever the buckets became wider. */
  readonly reset: Scalars['Boolean']['output'];
  /** First step that the columns cover anew: where a bucket begins. Null with `reset`. */
  readonly fromStep?: Maybe<Scalars['Step']['output']>;
  /** Steps of the points from there on, ascending; see `Series.steps`. */
  readonly steps: Scalars['Steps']['output'];
  /** Values of the points, as long as `steps`. */
  readonly values: Scalars['Values']['output'];
  /** `steps`, packed. */
  readonly stepsPacked: Scalars['Packed']['output'];
  /** `values`, packed. */
  readonly valuesPacked: Scalars['Packed']['output'];
  /** Figures of the buckets from there on. */
  readonly buckets: Buckets;
  /** How the whole curve came about, as it is with this patch. */
  readonly receipt: Receipt;
};

/** What became of the runs that are watched, up to one moment. */
export type RunsEvent = {
  /** Where the viewer stands with it; for `after` and `Last-Event-ID`. Opaque. */
  readonly id: Scalars['String']['output'];
  /** Token of the moment. */
  readonly watermark: Scalars['String']['output'];
  /** When the store was last known to hold everything that was logged, or the time of the newest write it holds. */
  readonly watermarkTime: Scalars['Time']['output'];
  /** Events that came in between and were not sent, because the viewer did not read: what was in them is in this one. 0 in the first event. */
  readonly missed: Scalars['Count']['output'];
  /** More than 200 runs changed, or the viewer is too far behind: none is told of, ask `Query.runs` again, with `at` set to `watermark`. */
  readonly reset: Scalars['Boolean']['output'];
  /** Runs that appeared or changed and pass the filter, as they are now or were a moment ago. */
  readonly changed: ReadonlyArray<Run>;
  /** Ids of runs that changed and do not pass the filter; there may be some that the viewer never had. */
  readonly left: ReadonlyArray<Scalars['String']['output']>;
};
