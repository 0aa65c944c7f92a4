import { callFormat, type ToolFormat, tagSyntax } from './format.js';

/** Seed-OSS: as Qwen3-Coder, with tags of its own and values that have no lines of their own. */
export const SEED_OSS: ToolFormat = {
  fits: (template) => template.includes('<seed:tool_call>'),
  calls: callFormat({
    opens: ['<seed:tool_call>'],
    fillers: ['</seed:tool_call>'],
    syntax: {
      kind: 'named',
      before: '<function=',
      after: '>',
      arguments: tagSyntax({
        open: '<parameter=',
        nameEnds: [{ text: '>' }],
        close: () => '</parameter>',
        end: '</function>',
      }),
      end: '',
    },
    written: {
      before: '<seed:tool_call>\n',
      between: '\n</seed:tool_call>\n<seed:tool_call>\n',
      after: '\n</seed:tool_call>',
    },
  }),
  reasoning: { open: '<seed:think>', close: '</seed:think>' },
};
