import { callFormat, type ToolFormat } from './format.js';

/** Apriel, MiniMax M1: JSON objects in one tag for all calls. */
export const APRIEL: ToolFormat = {
  fits: (template) => template.includes('<tool_calls>'),
  calls: callFormat({
    opens: ['<tool_calls>'],
    fillers: ['[', ',', ']', '</tool_calls>'],
    written: { before: '<tool_calls>[', between: ', ', after: ']</tool_calls>' },
  }),
};
