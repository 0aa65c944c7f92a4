import { callFormat, type ToolFormat, tagSyntax } from './format.js';

/** MiniMax M2: each argument in tags. */
export const MINIMAX_M2: ToolFormat = {
  fits: (template) => template.includes('<minimax:tool_call>'),
  calls: callFormat({
    opens: ['<minimax:tool_call>'],
    begins: ['<invoke name="'],
    fillers: ['</minimax:tool_call>'],
    syntax: {
      kind: 'named',
      before: '<invoke name="',
      after: '">',
      arguments: tagSyntax({
        open: '<parameter name="',
        nameEnds: [{ text: '">' }],
        close: () => '</parameter>',
        end: '</invoke>',
      }),
      end: '',
    },
    written: { before: '<minimax:tool_call>\n', between: '\n', after: '\n</minimax:tool_call>' },
  }),
};

/** Before each tag of M3. */
const SPACE = ']<]minimax[>[';

/** MiniMax M3: each argument in a tag of its name, objects and lists in further ones. */
export const MINIMAX_M3: ToolFormat = {
  fits: (template) => template.includes(SPACE),
  calls: callFormat({
    opens: [`${SPACE}<tool_call>`],
    begins: [`${SPACE}<invoke name="`],
    fillers: [`${SPACE}</tool_call>`],
    syntax: {
      kind: 'named',
      before: `${SPACE}<invoke name="`,
      after: '">',
      arguments: tagSyntax({
        open: `${SPACE}<`,
        nameEnds: [{ text: '>' }],
        close: (name) => `${SPACE}</${name}>`,
        closeMark: SPACE,
        end: `${SPACE}</invoke>`,
        nests: true,
        between: '',
      }),
      end: '',
    },
    written: { before: `${SPACE}<tool_call>\n`, between: '\n', after: `\n${SPACE}</tool_call>` },
  }),
  reasoning: { open: '<mm:think>', close: '</mm:think>' },
  tokens: [SPACE],
};
