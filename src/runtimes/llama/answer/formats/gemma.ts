import { callFormat, type ToolFormat } from './format.js';
import { JSON_LINES } from './json-formats.js';

/** Gemma 4: nearly JSON, with quotation marks that are a token. */
export const GEMMA4: ToolFormat = {
  fits: (template) => template.includes('<|tool_call>') && template.includes('<tool_call|>'),
  calls: callFormat({
    opens: ['<|tool_call>'],
    fillers: ['<tool_call|>'],
    syntax: {
      kind: 'named',
      before: 'call:',
      after: '{',
      arguments: {
        kind: 'literals',
        assign: ':',
        close: '}',
        quotes: [
          { text: '<|"|>', escapes: false },
          { text: '"', escapes: true },
        ],
      },
      end: '',
    },
    written: { before: '<|tool_call>', between: '<tool_call|><|tool_call>', after: '<tool_call|>' },
  }),
  reasoning: { open: '<|channel>thought', close: '<channel|>', repeats: true },
  tokens: ['<|"|>', '<|channel>'],
};

/** Gemma 2 and 3: their templates know no tools, and they write JSON in blocks of code. */
export const GEMMA: ToolFormat = {
  fits: (template) => template.includes('<start_of_turn>'),
  calls: { ...JSON_LINES, opens: ['```json'], fillers: [...JSON_LINES.fillers, '```'] },
  forced: JSON_LINES,
  toolsInText: true,
};
