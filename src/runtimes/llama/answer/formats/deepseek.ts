import { callFormat, type DescribedTool, JSON_ARGUMENTS, type ToolFormat, tagSyntax } from './format.js';
import { JSON_LINES } from './json-formats.js';

const CALLS = { open: '<｜tool▁calls▁begin｜>', close: '<｜tool▁calls▁end｜>' };
const CALL = { open: '<｜tool▁call▁begin｜>', close: '<｜tool▁call▁end｜>' };
const SEPARATOR = '<｜tool▁sep｜>';
/** V3.2 calls the block of calls otherwise than V4. */
const BLOCKS = ['<｜DSML｜function_calls>', '<｜DSML｜tool_calls>'];

function dsmlCalls(block: string) {
  const close = block.replace('<', '</');
  return callFormat({
    opens: BLOCKS,
    fillers: BLOCKS.map((each) => each.replace('<', '</')),
    syntax: {
      kind: 'named',
      before: '<｜DSML｜invoke name="',
      after: '">',
      arguments: tagSyntax({
        open: '<｜DSML｜parameter name="',
        nameEnds: [
          { text: '" string="true">', value: 'string' },
          { text: '" string="false">', value: 'json' },
          { text: '">' },
        ],
        close: () => '</｜DSML｜parameter>',
        end: '</｜DSML｜invoke>',
      }),
      end: '',
    },
    begins: ['<｜DSML｜invoke name="'],
    written: { before: `${block}\n`, between: '\n', after: `\n${close}` },
    endsThoughts: true,
  });
}

/** DeepSeek V3.2: markup whose tags say which values are strings. */
export const DEEPSEEK_V32: ToolFormat = {
  fits: (template) => template.includes('｜DSML｜'),
  calls: dsmlCalls('<｜DSML｜function_calls>'),
  tokens: ['｜DSML｜'],
};

/** DeepSeek V4, where the block of calls has another name. */
export const DEEPSEEK_V4: ToolFormat = {
  fits: (template) => template.includes('｜DSML｜') && template.includes('tool_calls>'),
  calls: dsmlCalls('<｜DSML｜tool_calls>'),
  tokens: ['｜DSML｜'],
};

/** DeepSeek V3.1: the name and JSON behind markers. Its template shows calls, but not which tools there are. */
export const DEEPSEEK_V31: ToolFormat = {
  fits: (template) => template.includes(CALLS.open) && !template.includes('```json'),
  calls: callFormat({
    opens: [CALLS.open],
    begins: [CALL.open],
    fillers: [CALL.close, CALLS.close],
    syntax: { kind: 'named', before: CALL.open, after: SEPARATOR, arguments: JSON_ARGUMENTS, end: CALL.close },
    written: { before: CALLS.open, between: '', after: CALLS.close },
  }),
  instructions: (tools) =>
    [
      '## Tools\nYou have access to the following tools:',
      ...tools.map(describe),
      'IMPORTANT: ALWAYS adhere to this exact format for tool use:',
      `${CALLS.open}${CALL.open}tool_call_name${SEPARATOR}tool_call_arguments${CALL.close}{{additional_tool_calls}}${CALLS.close}`,
      "Where:\n- `tool_call_name` must be an exact match to one of the available tools\n- `tool_call_arguments` must be valid JSON that strictly follows the tool's Parameters Schema",
    ].join('\n\n'),
};

/** DeepSeek R1 and its distillates: JSON in a block of code behind markers. Few of their templates know tools, so these are described in the text, too. */
export const DEEPSEEK_R1: ToolFormat = {
  fits: (template) => template.includes(CALLS.open),
  calls: callFormat({
    opens: [CALLS.open],
    begins: [CALL.open],
    isBare: true,
    fillers: ['```', CALL.close, CALLS.close, ...JSON_LINES.fillers],
    syntax: {
      kind: 'named',
      before: `${CALL.open}function${SEPARATOR}`,
      after: '\n```json\n',
      arguments: JSON_ARGUMENTS,
      end: `\n\`\`\`${CALL.close}`,
    },
  }),
  forced: JSON_LINES,
  toolsInText: true,
  tokens: [SEPARATOR],
};

function describe({ name, description, parameters }: DescribedTool): string {
  return `### ${name}\nDescription: ${description}\n\nParameters: ${JSON.stringify(parameters)}`;
}
