import { callFormat, idOfMistral, JSON_ARGUMENTS, type ToolFormat } from './format.js';

/** Mistral's models up to 2024: a list of JSON objects behind a marker. */
export const MISTRAL: ToolFormat = {
  fits: (template) => template.includes('[TOOL_CALLS]'),
  calls: callFormat({
    opens: ['[TOOL_CALLS]'],
    fillers: ['[', ',', ']'],
    written: { before: '[TOOL_CALLS][', between: ', ', after: ']' },
    newId: idOfMistral,
  }),
};

/** Mistral's models since 2025: `name[ARGS]{…}` behind a marker, with `[CALL_ID]…` between or not. */
export const MISTRAL_NAMED: ToolFormat = {
  fits: (template) => template.includes('[TOOL_CALLS]') && template.includes('[ARGS]'),
  calls: callFormat({
    opens: ['[TOOL_CALLS]'],
    syntax: {
      kind: 'named',
      before: '',
      after: '[ARGS]',
      readName: (text) => ({ name: (text.split('[CALL_ID]', 1)[0] ?? '').trim() }),
      arguments: JSON_ARGUMENTS,
      end: '',
    },
    written: { before: '[TOOL_CALLS]', between: '[TOOL_CALLS]', after: '' },
    newId: idOfMistral,
  }),
  tokens: ['[CALL_ID]'],
};
