import { callFormat, JSON_ARGUMENTS, type ToolFormat } from './format.js';

/** Apertus: a list of JSON objects whose only member has the name of the tool. */
export const APERTUS: ToolFormat = {
  fits: (template) => template.includes('<|tools_prefix|>'),
  calls: callFormat({
    opens: ['<|tools_prefix|>'],
    fillers: ['[', ']', '}', '<|tools_suffix|>'],
    again: [','],
    syntax: { kind: 'named', before: '{"', after: '":', arguments: JSON_ARGUMENTS, end: '}' },
    written: { before: '<|tools_prefix|>[', between: ', ', after: ']<|tools_suffix|>' },
  }),
};
