import { sigmoid, softmax } from '../../pooling/index.js';
import { Fields } from '../shared/generation/fields.js';
import { ParameterError } from '../shared/generation/parameter-error.js';
import { descending } from '../shared/pooling/ranked.js';
import { encodeTexts, inputTensors, readTexts } from '../shared/pooling/read-input.js';
import { wrongModel } from './errors.js';
import type { TeiRequest, ZeroShot } from './request.js';

/** The hypothesis of a label, where a request says nothing. */
const TEMPLATE = 'This example is {}.';
/** As of texts that are tokenised for a request. */
const MAX_CHARACTERS = 8_388_608;
const PLACE = 'parameters.candidate_labels';

/** Whether the parameters of a request name classes. */
export function namesClasses(parameters: unknown): boolean {
  return typeof parameters === 'object' && parameters !== null && Object.hasOwn(parameters, 'candidate_labels');
}

/** Reads a request of Hugging Face's task `zero-shot-classification`. Throws `ParameterError`, and `empty_input`. */
export function decodeZeroShot(texts: readonly string[], parameters: unknown): Omit<TeiRequest, 'characters'> {
  const fields = Fields.of(parameters, 'parameters');
  const given = fields.any('candidate_labels');
  const named = typeof given === 'string' ? given.split(',').map((label) => label.trim()) : given;
  const labels = readTexts(named, PLACE);
  const template = fields.string('hypothesis_template') ?? TEMPLATE;
  if (!template.includes('{}')) fields.refuse('hypothesis_template', "a text with '{}' in the place of the label");
  checkSize(texts, { labels, template });
  const hypotheses = labels.map((label) => template.replace('{}', () => label));
  const premises = texts.flatMap((text) => labels.map(() => text));
  const pairs = encodeTexts(texts.flatMap(() => hypotheses));
  return {
    inputs: inputTensors({ kind: 'pairs', texts: encodeTexts(premises), pairs }, 'inputs'),
    count: premises.length,
    parameters: { truncate: true, rawScores: true },
    place: 'inputs',
    zeroShot: { labels, isMultiLabel: fields.boolean('multi_label') ?? false },
  };
}

/** Refuses a model that does not compare texts in this way. */
export function checkEntailment(labels: readonly string[]): void {
  if (entailmentOf(labels) < 0) throw wrongModel("Model has no label 'entailment', which candidate_labels need");
}

/** For each text its classes, the most probable first. `rows`: the logits of each text with each class; `modelLabels`: of their elements. */
export function zeroShotClasses(
  rows: readonly Float32Array[],
  { labels, isMultiLabel }: ZeroShot,
  modelLabels: readonly string[],
): readonly (readonly { readonly score: number; readonly label: string }[])[] {
  const entailment = entailmentOf(modelLabels);
  const contradiction = entailment === 0 ? modelLabels.length - 1 : 0;
  const logit = (row: Float32Array, index: number) => row[index] ?? 0;
  return Array.from({ length: rows.length / labels.length }, (_, text) => {
    const own = rows.slice(text * labels.length, (text + 1) * labels.length);
    const isAlone = isMultiLabel || labels.length === 1;
    // For each class alone, entailment is set against contradiction; together, the entailments against each other.
    const scores = own.map((row) => logit(row, entailment) - (isAlone ? logit(row, contradiction) : 0));
    (isAlone ? sigmoid : softmax)(scores);
    return descending(labels.map((label, index) => ({ score: scores[index] ?? 0, label })));
  });
}

/** Each text is read with each hypothesis. */
function checkSize(
  texts: readonly string[],
  { labels, template }: { readonly labels: readonly string[]; readonly template: string },
): void {
  const characters = (all: readonly string[]) => all.reduce((sum, { length }) => sum + length, 0);
  const hypotheses = characters(labels) + labels.length * template.length;
  const size = labels.length * characters(texts) + texts.length * hypotheses;
  if (size <= MAX_CHARACTERS) return;
  const got = `got ${size}`;
  throw new ParameterError(
    PLACE,
    `'${PLACE}': expected at most ${MAX_CHARACTERS} characters of all texts with all labels, ${got}`,
  );
}

function entailmentOf(labels: readonly string[]): number {
  return labels.findIndex((label) => label.toLowerCase().startsWith('entail'));
}
