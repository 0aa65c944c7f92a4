import { isFloat, sameShape, type Tensor } from '../core/index.js';
import type { Answer } from './answer.js';
import { type ClassesComparison, compareClasses, holdsProbabilities } from './compare-classes.js';
import { compareNumbers, type NumbersComparison } from './compare-numbers.js';
import { compareTexts, type TextsComparison } from './compare-texts.js';
import { type ComparisonRules, type OutputRules, rulesFor } from './rules.js';

/** Why two tensors of one name cannot be compared element by element. */
export type Mismatch = 'missing' | 'added' | 'datatype' | 'shape';

/** One output of both answers. `classes` are there where its rows stand for classes. */
export type OutputComparison = { readonly name: string; readonly agrees: boolean } & (
  | (NumbersComparison & { readonly classes: ClassesComparison | undefined })
  | TextsComparison
  | { readonly kind: 'mismatch'; readonly mismatch: Mismatch; readonly detail: string }
);

/** Two answers to one request. */
export interface AnswerComparison {
  /** All outputs agree. */
  readonly agrees: boolean;
  readonly outputs: readonly OutputComparison[];
}

/** What is done between two slices of a comparison. */
export type Comparing<Result> = Generator<void, Result>;

/**
 * Compares what two versions have answered to one request, output by output. An output agrees where its classes are the same, where its
 * texts are the same but for case, spaces and punctuation, or where no number is beyond the tolerance. Yields between slices of
 * large tensors, so that others have their turn.
 */
export function* compareAnswers(primary: Answer, shadow: Answer, rules: ComparisonRules): Comparing<AnswerComparison> {
  const outputs: OutputComparison[] = [];
  const others = new Map(shadow.outputs.map((tensor) => [tensor.name, tensor]));
  for (const tensor of primary.outputs) {
    const own = rulesFor(rules, tensor.name);
    const other = others.get(tensor.name);
    others.delete(tensor.name);
    if (own.as !== 'ignored') outputs.push(yield* compareOutput(tensor, other, own));
  }
  for (const { name } of others.values()) {
    if (rulesFor(rules, name).as === 'ignored') continue;
    outputs.push({ name, agrees: false, kind: 'mismatch', mismatch: 'added', detail: 'only the shadow has it' });
  }
  return { agrees: outputs.every(({ agrees }) => agrees), outputs };
}

function* compareOutput(primary: Tensor, shadow: Tensor | undefined, rules: OutputRules): Comparing<OutputComparison> {
  const { name, datatype, shape } = primary;
  const mismatched = (mismatch: Mismatch, detail: string): OutputComparison => ({
    name,
    agrees: false,
    kind: 'mismatch',
    mismatch,
    detail,
  });
  if (shadow === undefined) return mismatched('missing', 'the shadow has none');
  if (shadow.datatype !== datatype) return mismatched('datatype', `${datatype} became ${shadow.datatype}`);
  if (!sameShape(shadow.shape, shape)) {
    return mismatched('shape', `[${shape.join()}] became [${shadow.shape.join()}]`);
  }
  if (datatype === 'BYTES') {
    const texts = yield* compareTexts(primary, shadow);
    return { name, agrees: texts.normalised === texts.elements, ...texts };
  }
  const numbers = yield* compareNumbers(primary, shadow, rules);
  const isProbable = yield* standForClasses(primary, shadow, rules);
  const classes = isProbable ? yield* compareClasses(primary, shadow, rules.as === 'scores') : undefined;
  const agrees = classes === undefined ? numbers.differing === 0 : classes.flips === 0;
  return { name, agrees, ...numbers, classes };
}

/** As the rules say; without them, where every row of both is a distribution. */
function* standForClasses(primary: Tensor, shadow: Tensor, { as }: OutputRules): Comparing<boolean> {
  if (as === 'scores' || as === 'probabilities') return (primary.shape.at(-1) ?? 0) > 1;
  if (as !== undefined || !isFloat(primary.datatype)) return false;
  return (yield* holdsProbabilities(primary)) && (yield* holdsProbabilities(shadow));
}

/** Compares in one go. */
export function compareAtOnce<Result>(comparing: Comparing<Result>): Result {
  for (;;) {
    const step = comparing.next();
    if (step.done === true) return step.value;
  }
}
