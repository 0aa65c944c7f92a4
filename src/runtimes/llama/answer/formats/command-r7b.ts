import { callFormat, type ToolFormat } from './format.js';

/** Command R7B and Cohere's later models: a list of JSON objects between markers, as thoughts and answers are. */
export const COMMAND_R7B: ToolFormat = {
  fits: (template) => template.includes('<|START_ACTION|>'),
  calls: callFormat({
    opens: ['<|START_ACTION|>'],
    fillers: ['[', ',', ']', '<|END_ACTION|>'],
    syntax: { kind: 'object', nameKey: 'tool_name', argumentsKey: 'parameters' },
    written: { before: '<|START_ACTION|>[\n    ', between: ',\n    ', after: '\n]<|END_ACTION|>' },
  }),
  reasoning: { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  marks: [
    { open: '<|START_RESPONSE|>', close: '<|END_RESPONSE|>', isWritten: true },
    { open: '<|START_TEXT|>', close: '<|END_TEXT|>', isWritten: true },
  ],
};
