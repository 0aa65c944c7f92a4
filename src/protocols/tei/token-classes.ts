import { Fields } from '../shared/generation/fields.js';
import { encodeTexts, inputTensors, readTexts } from '../shared/pooling/read-input.js';
import type { PoolingResult } from '../shared/pooling/run.js';
import type { TeiRequest, TokenClasses } from './request.js';

/** How tokens become entities, as in Hugging Face's pipeline. */
export const AGGREGATIONS = ['none', 'simple', 'first', 'average', 'max'] as const;
/** The class of what is no entity. */
const OUTSIDE = ['O'];

/** A token, or several, of a class. `start` and `stop` count characters. */
export interface Entity {
  /** Of several tokens, the name of their class without `B-` and `I-`. */
  readonly entity_group?: string;
  /** Of one token (`none`). */
  readonly entity?: string;
  /** Of one token: its place among all, special ones included. */
  readonly index?: number;
  readonly score: number;
  /** The text from `start` to `end`. */
  readonly word: string;
  readonly start: number;
  readonly end: number;
}

/** Reads a request of Hugging Face's task `token-classification`. Throws `ParameterError`, and `empty_input`. */
export function decodeTokenClasses(given: unknown, parameters: unknown): Omit<TeiRequest, 'characters'> {
  const texts = readTexts([given].flat(), 'inputs');
  const fields = Fields.of(parameters ?? {}, 'parameters');
  fields.unsupported('stride');
  const ignored = fields.any('ignore_labels');
  const tokenClasses: TokenClasses = {
    texts,
    aggregation: fields.choice('aggregation_strategy', AGGREGATIONS) ?? 'simple',
    ignoredLabels:
      Array.isArray(ignored) && ignored.length === 0 ? [] : readTexts(ignored ?? OUTSIDE, 'parameters.ignore_labels'),
  };
  return {
    inputs: inputTensors({ kind: 'texts', texts: encodeTexts(texts) }, 'inputs'),
    count: texts.length,
    parameters: { truncate: true },
    place: 'inputs',
    tokenClasses,
    ...(typeof given === 'string' && ({ isSingle: true } as const)),
  };
}

/** A part of a text with the scores of its classes. */
interface Piece {
  readonly scores: Float32Array;
  readonly index: number;
  readonly start: number;
  readonly end: number;
  readonly word: number;
}

/** The entities of each text, in their order. `labels`: of the model. */
export function entitiesOf(
  result: Pick<PoolingResult, 'rows' | 'tokenCounts' | 'tokenPlaces'>,
  request: TokenClasses,
  labels: readonly string[],
): readonly (readonly Entity[])[] {
  let first = 0;
  return request.texts.map((text, index) => {
    const count = result.tokenCounts[index] ?? 0;
    const pieces = piecesOf(result, first, count);
    first += count;
    return entitiesOfText(pieces, { ...request, text, labels });
  });
}

/** The tokens of a text, but for special ones. */
function piecesOf(
  { rows, tokenPlaces = new Int32Array() }: Pick<PoolingResult, 'rows' | 'tokenPlaces'>,
  first: number,
  count: number,
): readonly Piece[] {
  return rows.slice(first, first + count).flatMap((scores, index) => {
    const [start = -1, end = -1, word = -1] = tokenPlaces.subarray(3 * (first + index), 3 * (first + index) + 3);
    return start < 0 ? [] : [{ scores, index, start, end, word }];
  });
}

interface Reading extends Pick<TokenClasses, 'aggregation' | 'ignoredLabels'> {
  readonly text: string;
  readonly labels: readonly string[];
}

function entitiesOfText(
  pieces: readonly Piece[],
  { aggregation, ignoredLabels, text, labels }: Reading,
): readonly Entity[] {
  const characters = [...text];
  const isWhole = aggregation !== 'none' && aggregation !== 'simple';
  const named = (isWhole ? wordsOf(pieces, aggregation) : pieces).map((piece) => {
    const best = bestOf(piece.scores);
    return { ...piece, label: labels[best] ?? `LABEL_${best}`, score: piece.scores[best] ?? 0 };
  });
  const isKept = (label: string) => !ignoredLabels.includes(label);
  const wordOf = (start: number, end: number) => characters.slice(start, end).join('');
  if (aggregation === 'none') {
    return named
      .filter(({ label }) => isKept(label))
      .map(({ label, score, index, start, end }) => ({
        entity: label,
        score,
        index,
        word: wordOf(start, end),
        start,
        end,
      }));
  }
  return groupsOf(named)
    .map((group) => {
      const { label, start } = group[0] as NamedPiece;
      const { end } = group.at(-1) as NamedPiece;
      const score = group.reduce((sum, piece) => sum + piece.score, 0) / group.length;
      return { entity_group: classOf(label).name, score, word: wordOf(start, end), start, end };
    })
    .filter(({ entity_group: name }) => isKept(name));
}

interface NamedPiece extends Piece {
  readonly label: string;
  readonly score: number;
}

/** Pieces of one class behind each other; `B-` begins a new group. */
function groupsOf(pieces: readonly NamedPiece[]): readonly (readonly NamedPiece[])[] {
  const groups: NamedPiece[][] = [];
  for (const piece of pieces) {
    const last = groups.at(-1);
    const { name, begins } = classOf(piece.label);
    if (last === undefined || begins || name !== classOf(last.at(-1)?.label ?? '').name) groups.push([piece]);
    else last.push(piece);
  }
  return groups;
}

/** The class that a label stands for. */
function classOf(label: string): { readonly name: string; readonly begins: boolean } {
  return { name: /^[BI]-/.test(label) ? label.slice(2) : label, begins: label.startsWith('B-') };
}

/** Tokens joined to words, whose scores are those of the first, of the surest, or the mean. */
function wordsOf(pieces: readonly Piece[], aggregation: TokenClasses['aggregation']): readonly Piece[] {
  const words: Piece[][] = [];
  for (const piece of pieces) {
    const last = words.at(-1);
    if (last === undefined || last[0]?.word !== piece.word) words.push([piece]);
    else last.push(piece);
  }
  return words.map((tokens) => {
    const first = tokens[0] as Piece;
    return { ...first, end: tokens.at(-1)?.end ?? first.end, scores: scoresOf(tokens, aggregation) };
  });
}

function scoresOf(tokens: readonly Piece[], aggregation: TokenClasses['aggregation']): Float32Array {
  const [first = new Float32Array()] = tokens.map(({ scores }) => scores);
  if (aggregation === 'first') return first;
  if (aggregation === 'average') {
    return first.map((_, index) => tokens.reduce((sum, { scores }) => sum + (scores[index] ?? 0), 0) / tokens.length);
  }
  const most = ({ scores }: Piece) => scores[bestOf(scores)] ?? 0;
  return tokens.reduce((surest, token) => (most(token) > most(surest) ? token : surest)).scores;
}

function bestOf(scores: Float32Array): number {
  return scores.reduce((best, score, index) => (score > (scores[best] ?? 0) ? index : best), 0);
}
