import { callFormat, type ToolFormat } from './format.js';

/** Lines of JSON, as the system message asks for them. */
export const JSON_LINES = callFormat({
  isBare: true,
  fillers: ['[', ',', ']'],
  written: { before: '', between: '\n', after: '' },
});

/** For templates that know no tools, or show calls in a form that is not known here. */
export const TEXT: ToolFormat = { fits: () => true, calls: JSON_LINES, toolsInText: true };
