import { callFormat, type ToolFormat } from './format.js';

/** Hermes, Qwen 2.5 and 3, Granite 4, MiMo-VL, Reka Edge: a JSON object in tags. */
export const HERMES: ToolFormat = {
  fits: (template) => template.includes('<tool_call>'),
  calls: callFormat({
    opens: ['<tool_call>'],
    fillers: ['</tool_call>'],
    written: { before: '<tool_call>\n', between: '\n</tool_call>\n<tool_call>\n', after: '\n</tool_call>' },
  }),
};
