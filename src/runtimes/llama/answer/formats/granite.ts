import { callFormat, type ToolFormat } from './format.js';

/** Granite 3: a list of JSON objects behind a marker. Granite 4 writes as Hermes does. */
export const GRANITE3: ToolFormat = {
  fits: (template) => template.includes('<|tool_call|>') && template.includes('<|start_of_role|>'),
  calls: callFormat({
    opens: ['<|tool_call|>', '<tool_call>'],
    fillers: ['[', ',', ']', '</tool_call>'],
    written: { before: '<|tool_call|>[', between: ', ', after: ']' },
  }),
  writtenCalls: (calls) => `<|tool_call|>${JSON.stringify(calls)}`,
  marks: [{ open: '<response>', close: '</response>', isWritten: false }],
};
