import { type AnswerFormat, formatOf } from '../answer/answer-format.js';
import type { ToolFormatName } from '../answer/formats/names.js';
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

/** By the templates of a model. `toolFormat`: as `formatOf` takes it. */
export function chatFormatsOf(
  { source, tools }: ChatTemplates,
  toolFormat: ToolFormatName | 'auto',
  weights: Weights,
): ChatFormats {
  const formatBy = (template: string): ChatFormat => {
    const answers = formatOf(template, toolFormat);
    return { answers, markers: markersOf(answers, weights) };
  };
  const plain = formatBy(source);
  return { plain, withTools: tools === undefined ? plain : formatBy(tools) };
}

/** Marker tokens in answers to conversations, which llama.cpp writes as text only on request. */
function markersOf(format: AnswerFormat, weights: Weights): ReadonlySet<number> {
  return new Set(format.tokens.flatMap((marker) => tokenOf(marker, weights) ?? []));
}

/** The token that stands for a marker, where there is one. */
function tokenOf(marker: string, weights: Weights): number | undefined {
  const [token, second] = weights.tokenize(marker, { addSpecial: false, parseSpecial: true });
  return second === undefined ? token : undefined;
}
