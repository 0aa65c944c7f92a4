import { callFormat, type ToolFormat } from './format.js';

/** Llama 3: the answer is a JSON object. */
export const LLAMA3: ToolFormat = {
  fits: (template) => template.includes('ipython') && template.includes('"parameters"'),
  calls: callFormat({
    opens: ['<|python_tag|>'],
    isBare: true,
    fillers: [';'],
    syntax: { kind: 'object', nameKey: 'name', argumentsKey: 'parameters' },
    // Its template refuses messages with several.
    written: { before: '', between: undefined, after: '' },
  }),
};
