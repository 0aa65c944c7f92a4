import type { AnswerFormat } from '../answer/answer-format.js';
import type { Weights } from '../library/weights.js';

/** How a model answers conversations. */
export interface ChatFormat {
  readonly answers: AnswerFormat;
  /** Tokens that are text of an answer, though llama.cpp takes them for control. */
  readonly markers: ReadonlySet<number>;
}

/** Tokens of markers in answers to conversations that llama.cpp does not write as text by itself. */
export function markersOf(format: AnswerFormat, weights: Weights): ReadonlySet<number> {
  return new Set(namesOf(format).flatMap((marker) => tokenOf(marker, weights) ?? []));
}

function namesOf({ calls, reasoning }: AnswerFormat): readonly string[] {
  const opening = calls.open === undefined ? [] : [calls.open];
  const named = calls.style === 'named' ? ['[ARGS]', '[CALL_ID]'] : [];
  return [...opening, ...named, ...(reasoning === undefined ? [] : [reasoning.open, reasoning.close])];
}

/** The token that stands for a marker, where there is one. */
function tokenOf(marker: string, weights: Weights): number | undefined {
  const [token, second] = weights.tokenize(marker, { addSpecial: false, parseSpecial: true });
  return second === undefined ? token : undefined;
}
