import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import type { ErrorCode } from '../core/index.js';
import { addTo, createMoments } from '../statistics/index.js';
import type { AnswerComparison, OutputComparison } from './compare-answers.js';
import { count, type Histogram } from './histogram.js';

/** Outputs of which differences are kept; others are counted with all of them only. */
const MAX_OUTPUTS = 64;

const strict = { additionalProperties: false } as const;
const Count = Type.Integer({ minimum: 0 });
const HistogramSchema = Type.Record(Type.String(), Count);
const MomentsSchema = Type.Object({ count: Count, mean: Type.Number(), m2: Type.Number() }, strict);

const OutputTallySchema = Type.Object(
  {
    compared: Count,
    agreeing: Count,
    mismatches: Type.Record(Type.String(), Count),
    lastMismatch: Type.String(),
    numbers: Type.Object(
      {
        elements: Count,
        differing: Count,
        nonFinite: Count,
        maxDifference: Type.Number(),
        meanDifference: MomentsSchema,
        differences: HistogramSchema,
      },
      strict,
    ),
    classes: Type.Object(
      {
        rows: Count,
        flips: Count,
        totalVariation: MomentsSchema,
        jensenShannon: MomentsSchema,
        distances: HistogramSchema,
      },
      strict,
    ),
    texts: Type.Object({ elements: Count, exact: Count, normalised: Count }, strict),
  },
  strict,
);

const LatencySchema = Type.Object(
  { primary: HistogramSchema, shadow: HistogramSchema, difference: MomentsSchema },
  strict,
);

const TallySchema = Type.Object(
  {
    format: Type.Literal(1),
    /** Milliseconds since the Unix epoch. */
    since: Type.Number(),
    compared: Count,
    agreeing: Count,
    bothFailed: Count,
    primaryFailed: Count,
    shadowFailed: Count,
    /** By code of the shadow's error. */
    errors: Type.Record(Type.String(), Count),
    computeMs: LatencySchema,
    outputs: Type.Record(Type.String(), OutputTallySchema),
  },
  strict,
);

/** All that is known of two versions that answer the same requests, in a size that does not grow with them; JSON. */
export type Tally = Static<typeof TallySchema>;
export type OutputTally = Static<typeof OutputTallySchema>;

export function createTally(since: number): Tally {
  return {
    format: 1,
    since,
    compared: 0,
    agreeing: 0,
    bothFailed: 0,
    primaryFailed: 0,
    shadowFailed: 0,
    errors: {},
    computeMs: { primary: {}, shadow: {}, difference: createMoments() },
    outputs: {},
  };
}

/** What was kept of one; undefined where that is something else. */
export function readTally(value: unknown): Tally | undefined {
  return Value.Check(TallySchema, value) ? structuredClone(value) : undefined;
}

/** How one side of a copied request has ended. */
export interface Ending {
  /** The code of its error; undefined = it has answered. */
  readonly error: ErrorCode | undefined;
  /** Undefined where it was not computed, or has failed. */
  readonly computeMs: number | undefined;
}

/** A request that both have ended; `comparison` where both have answered. */
export interface Pair {
  readonly primary: Ending;
  readonly shadow: Ending;
  readonly comparison: AnswerComparison | undefined;
}

/** Whether both did the same: answered alike, or failed both. */
export function agrees({ primary, shadow, comparison }: Pair): boolean {
  return comparison?.agrees ?? (primary.error !== undefined && shadow.error !== undefined);
}

export function addPair(tally: Tally, pair: Pair): void {
  const { primary, shadow, comparison } = pair;
  if (shadow.error !== undefined) tally.errors[shadow.error] = (tally.errors[shadow.error] ?? 0) + 1;
  if (comparison !== undefined) {
    tally.compared++;
    if (comparison.agrees) tally.agreeing++;
    for (const output of comparison.outputs) addOutput(tally, output);
  } else if (primary.error === undefined) tally.shadowFailed++;
  else if (shadow.error === undefined) tally.primaryFailed++;
  else tally.bothFailed++;
  if (primary.computeMs === undefined || shadow.computeMs === undefined) return;
  count(tally.computeMs.primary, primary.computeMs);
  count(tally.computeMs.shadow, shadow.computeMs);
  addTo(tally.computeMs.difference, shadow.computeMs - primary.computeMs);
}

function addOutput({ outputs }: Tally, comparison: OutputComparison): void {
  const known = Object.hasOwn(outputs, comparison.name) ? outputs[comparison.name] : undefined;
  if (known === undefined && Object.keys(outputs).length >= MAX_OUTPUTS) return;
  const output = known ?? createOutputTally();
  // Names are the model's: `__proto__` is one like any other.
  if (known === undefined) Object.defineProperty(outputs, comparison.name, { ...PLAIN, value: output });
  output.compared++;
  if (comparison.agrees) output.agreeing++;
  switch (comparison.kind) {
    case 'mismatch':
      output.mismatches[comparison.mismatch] = (output.mismatches[comparison.mismatch] ?? 0) + 1;
      output.lastMismatch = comparison.detail;
      break;
    case 'numbers':
      addNumbers(output, comparison);
      break;
    case 'texts':
      output.texts.elements += comparison.elements;
      output.texts.exact += comparison.exact;
      output.texts.normalised += comparison.normalised;
      break;
    default:
      comparison satisfies never;
  }
}

/** Squares of what is larger would not be finite, which JSON cannot say. */
const LARGEST = 1e140;
const PLAIN = { enumerable: true, configurable: true, writable: true };

function addNumbers(
  { numbers, classes }: OutputTally,
  comparison: Extract<OutputComparison, { readonly kind: 'numbers' }>,
): void {
  numbers.elements += comparison.elements;
  numbers.differing += comparison.differing;
  numbers.nonFinite += comparison.nonFinite;
  numbers.maxDifference = Math.max(numbers.maxDifference, comparison.maxDifference);
  addTo(numbers.meanDifference, Math.min(LARGEST, comparison.meanDifference));
  count(numbers.differences, comparison.maxDifference);
  const rows = comparison.classes;
  if (rows === undefined) return;
  classes.rows += rows.rows;
  classes.flips += rows.flips;
  if (rows.distributions === 0) return;
  // Rows of one request are not independent of each other: their mean counts as one observation.
  const totalVariation = rows.totalVariation / rows.distributions;
  addTo(classes.totalVariation, totalVariation);
  addTo(classes.jensenShannon, rows.jensenShannon / rows.distributions);
  count(classes.distances, totalVariation);
}

function createOutputTally(): OutputTally {
  const histogram = (): Histogram => ({});
  return {
    compared: 0,
    agreeing: 0,
    mismatches: {},
    lastMismatch: '',
    numbers: {
      elements: 0,
      differing: 0,
      nonFinite: 0,
      maxDifference: 0,
      meanDifference: createMoments(),
      differences: histogram(),
    },
    classes: {
      rows: 0,
      flips: 0,
      totalVariation: createMoments(),
      jensenShannon: createMoments(),
      distances: histogram(),
    },
    texts: { elements: 0, exact: 0, normalised: 0 },
  };
}
