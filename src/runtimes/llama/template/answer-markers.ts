import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import type { Weights } from '../library/weights.js';
import type { ChatTemplates } from './find-templates.js';

/** How a model answers conversations. */
export interface ChatFormat {
  readonly answers: AnswerFormat;
  /** Tokens that are text of an answer, though llama.cpp takes them for control. */
  readonly markers: ReadonlySet<number>;
}

/** How a model answers conversations, by the template that writes them. */
export interface ChatFormats {
  readonly plain: ChatFormat;
  /** Of requests that offer tools. */
  readonly withTools: ChatFormat;
}

/** By the templates of a model. */
export function chatFormatsOf({ source, tools }: ChatTemplates, weights: Weights): ChatFormats {
  const plain = chatFormatOf(source, weights);
  return { plain, withTools: tools === undefined ? plain : chatFormatOf(tools, weights) };
}

function chatFormatOf(source: string, weights: Weights): ChatFormat {
  const answers = formatOf(source);
  return { answers, markers: markersOf(answers, weights) };
}

/** Tokens of markers in answers to conversations that llama.cpp does not write as text by itself. */
function markersOf(format: AnswerFormat, weights: Weights): ReadonlySet<number> {
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
