import { callFormat, type ToolFormat, tagSyntax } from './format.js';

/** GLM 4.5 to 4.7, Ling 3, Spark 2.5, Laguna: the name, then keys and values in tags. */
export const GLM: ToolFormat = {
  fits: (template) => template.includes('<tool_call>') && template.includes('<arg_key>'),
  calls: callFormat({
    opens: ['<tool_call>'],
    fillers: ['</tool_call>'],
    syntax: {
      kind: 'named',
      before: '',
      after: '',
      arguments: tagSyntax({
        open: '<arg_key>',
        nameEnds: [{ text: '</arg_key>' }],
        valueOpen: '<arg_value>',
        close: () => '</arg_value>',
        end: '</tool_call>',
      }),
      end: '',
    },
    written: { before: '<tool_call>', between: '\n<tool_call>', after: '' },
  }),
};
