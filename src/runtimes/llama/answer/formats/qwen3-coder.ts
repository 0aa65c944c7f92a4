import { callFormat, type ToolFormat, tagSyntax } from './format.js';

/** Qwen3-Coder, Qwen3.5, Nemotron 3 Nano, Step 3.5: each argument in tags, its value on lines of its own. */
export const QWEN3_CODER: ToolFormat = {
  fits: (template) => template.includes('<tool_call>') && template.includes('<function='),
  calls: callFormat({
    opens: ['<tool_call>'],
    // Some answers leave out the first.
    begins: ['<function='],
    fillers: ['</tool_call>'],
    syntax: {
      kind: 'named',
      before: '<function=',
      after: '>',
      arguments: tagSyntax({
        open: '<parameter=',
        nameEnds: [{ text: '>' }],
        close: () => '</parameter>',
        end: '</function>',
        inLines: true,
      }),
      end: '',
    },
    written: { before: '<tool_call>\n', between: '\n</tool_call>\n<tool_call>\n', after: '\n</tool_call>' },
    endsThoughts: true,
  }),
};
