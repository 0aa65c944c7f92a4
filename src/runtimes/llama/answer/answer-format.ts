import { FORMATS } from './formats/all.js';
import type {
  AnswerMarks,
  CallFormat,
  ChannelFormat,
  DescribedTool,
  ReasoningFormat,
  WrittenCall,
} from './formats/format.js';
import { TOOL_FORMATS, type ToolFormatName } from './formats/names.js';

/** How a model writes its answers to conversations. */
export interface AnswerFormat {
  readonly name: ToolFormatName;
  readonly calls: CallFormat;
  /** How calls are written where the model has to call. */
  readonly forced: CallFormat;
  /** undefined = it does not think aloud. */
  readonly reasoning: ReasoningFormat | undefined;
  /** Marks that may surround an answer. A required form is written between the first pair. */
  readonly marks: readonly AnswerMarks[];
  /** undefined = an answer is not a sequence of messages. */
  readonly channels: ChannelFormat | undefined;
  /** The template does not support tools: messages describe them and contain the calls as text. */
  readonly toolsInText: boolean;
  /** The system message's description of the tools; undefined = the template describes them. */
  readonly instructions: ((tools: readonly DescribedTool[]) => string) | undefined;
  /** How calls of earlier answers are written in their texts, where the template does not write them; undefined = it does. */
  readonly writtenCalls: ((calls: readonly WrittenCall[]) => string) | undefined;
  /** Texts that belong to answers, even if their tokens are control tokens. */
  readonly tokens: readonly string[];
}

const REASONING: readonly ReasoningFormat[] = [
  { open: '<think>', close: '</think>' },
  { open: '[THINK]', close: '[/THINK]' },
];

/** How a model writes, by the template that shows it how to, or in the form that is named (`auto` = by the template). */
export function formatOf(template: string, toolFormat: ToolFormatName | 'auto' = 'auto'): AnswerFormat {
  const fitting = TOOL_FORMATS.find((each) => FORMATS[each].fits(template)) ?? 'text';
  const name = toolFormat === 'auto' ? fitting : toolFormat;
  const { calls, forced = calls, channels, toolsInText = false, instructions, tokens = [], ...given } = FORMATS[name];
  const shown = given.marks?.filter(({ open }) => template.includes(open)) ?? [];
  const marks = shown.length > 0 ? shown : (given.marks ?? []);
  const reasoning =
    given.reasoning ?? REASONING.find(({ open, close }) => template.includes(open) || template.includes(close));
  return {
    name,
    calls,
    forced,
    reasoning,
    marks,
    channels,
    toolsInText,
    instructions,
    writtenCalls: template.includes('tool_calls') ? undefined : given.writtenCalls,
    tokens: [...textsOf(calls), ...marksOf(reasoning), ...marks.flatMap((each) => marksOf(each)), ...tokens].filter(
      (text) => text !== '',
    ),
  };
}

function marksOf(marks: Pick<AnswerMarks, 'open' | 'close'> | undefined): readonly string[] {
  return marks === undefined ? [] : [marks.open, marks.close];
}

function textsOf({ opens, begins, fillers, syntax }: CallFormat): readonly string[] {
  const around = [...opens, ...begins, ...fillers];
  if (syntax.kind === 'object') return around;
  const { before, after, end, arguments: given } = syntax;
  if (given.kind === 'tags') around.push(given.open, given.end, given.close(''), given.valueOpen);
  return [...around, before, after, end];
}
