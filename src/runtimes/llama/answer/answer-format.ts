import { randomBytes } from 'node:crypto';

/** How a model writes calls of tools. */
export interface CallFormat {
  /** Text that calls begin with; undefined = nothing but their JSON tells. */
  readonly open: string | undefined;
  /** An answer that begins with JSON may be a call. */
  readonly isBare: boolean;
  /** What may stand between `open` and the first call, between calls and behind the last, besides whitespace. */
  readonly fillers: readonly string[];
  readonly style: 'object' | 'named';
  /** How calls are written where the model has to call. Without `between` it is one. */
  readonly written: { readonly before: string; readonly between: string | undefined; readonly after: string };
  readonly argumentsName: 'arguments' | 'parameters';
  newId(): string;
}

/** How a model marks what it thinks before it answers. */
export interface ReasoningFormat {
  readonly open: string;
  readonly close: string;
}

/** How a model writes its answers to conversations. */
export interface AnswerFormat {
  readonly calls: CallFormat;
  /** undefined = it does not think aloud. */
  readonly reasoning: ReasoningFormat | undefined;
  /** Tools and calls are not known to the template: they are told and written in texts. */
  readonly toolsInText: boolean;
}

const ALPHANUMERIC = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function newId(prefix: string, length: number): string {
  const letters = Array.from(randomBytes(length), (byte) => ALPHANUMERIC[byte % ALPHANUMERIC.length]);
  return `${prefix}${letters.join('')}`;
}

const idOfOpenAi = () => newId('call_', 24);
/** Mistral's templates refuse all others. */
const idOfMistral = () => newId('', 9);

const HERMES: CallFormat = {
  open: '<tool_call>',
  isBare: false,
  fillers: ['</tool_call>'],
  style: 'object',
  written: { before: '<tool_call>\n', between: '\n</tool_call>\n<tool_call>\n', after: '\n</tool_call>' },
  argumentsName: 'arguments',
  newId: idOfOpenAi,
};

const MISTRAL: CallFormat = {
  open: '[TOOL_CALLS]',
  isBare: false,
  fillers: ['[', ',', ']'],
  style: 'object',
  written: { before: '[TOOL_CALLS][', between: ', ', after: ']' },
  argumentsName: 'arguments',
  newId: idOfMistral,
};

const MISTRAL_NAMED: CallFormat = {
  open: '[TOOL_CALLS]',
  isBare: false,
  fillers: [],
  style: 'named',
  written: { before: '[TOOL_CALLS]', between: '[TOOL_CALLS]', after: '' },
  argumentsName: 'arguments',
  newId: idOfMistral,
};

const LLAMA3: CallFormat = {
  open: '<|python_tag|>',
  isBare: true,
  fillers: [';'],
  style: 'object',
  // Its template refuses messages with several.
  written: { before: '', between: undefined, after: '' },
  argumentsName: 'parameters',
  newId: idOfOpenAi,
};

const JSON_LINES: CallFormat = {
  open: undefined,
  isBare: true,
  fillers: ['[', ',', ']'],
  style: 'object',
  written: { before: '', between: '\n', after: '' },
  argumentsName: 'arguments',
  newId: idOfOpenAi,
};

const REASONING: readonly ReasoningFormat[] = [
  { open: '<think>', close: '</think>' },
  { open: '[THINK]', close: '[/THINK]' },
];

/** How a model writes, by the template that shows it how to. */
export function formatOf(template: string): AnswerFormat {
  const calls = callFormatOf(template);
  return {
    calls,
    reasoning: REASONING.find(({ open, close }) => template.includes(open) || template.includes(close)),
    toolsInText: calls === JSON_LINES,
  };
}

function callFormatOf(template: string): CallFormat {
  // Parameters one by one in tags, between the same ones.
  if (template.includes('<tool_call>') && !/<function=|<arg_key>/.test(template)) return HERMES;
  if (template.includes('[TOOL_CALLS]')) return template.includes('[ARGS]') ? MISTRAL_NAMED : MISTRAL;
  if (template.includes('ipython') && template.includes('"parameters"')) return LLAMA3;
  return JSON_LINES;
}
