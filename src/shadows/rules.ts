/**
 * How an output is looked at. `values`: numbers within a tolerance; `scores`: of classes, of which the highest counts (softmax makes
 * them probabilities); `probabilities`: the same, as they are; `ignored`: not at all. Texts are compared as texts whatever it says.
 */
export const COMPARISON_KINDS = ['values', 'scores', 'probabilities', 'ignored'] as const;
export type ComparisonKind = (typeof COMPARISON_KINDS)[number];

/** How far numbers may be apart: |a − b| ≤ absolute + relative · |a|, where a is the primary's. */
export interface Tolerance {
  readonly absoluteTolerance: number;
  readonly relativeTolerance: number;
}

/** What is to be said of one output; the rest is as for all of them. */
export interface OutputRule extends Partial<Tolerance> {
  readonly as?: ComparisonKind;
}

/** How answers are compared. */
export interface ComparisonRules extends Tolerance {
  readonly outputs: Readonly<Record<string, OutputRule>>;
}

/** How one output is compared; `as` undefined = by what is in it. */
export interface OutputRules extends Tolerance {
  readonly as: ComparisonKind | undefined;
  /** Set for this output, so that it counts for whole numbers, too. */
  readonly toleratesIntegers: boolean;
}

/** The rules for one output by name. */
export function rulesFor(rules: ComparisonRules, name: string): OutputRules {
  const own: OutputRule = Object.hasOwn(rules.outputs, name) ? (rules.outputs[name] ?? {}) : {};
  return {
    as: own.as,
    absoluteTolerance: own.absoluteTolerance ?? rules.absoluteTolerance,
    relativeTolerance: own.relativeTolerance ?? rules.relativeTolerance,
    toleratesIntegers: own.absoluteTolerance !== undefined || own.relativeTolerance !== undefined,
  };
}
