import { callFormat, JSON_ARGUMENTS, type ToolFormat } from './format.js';

/** Functionary v3.1: JSON in a tag that has the name. */
export const FUNCTIONARY_V31: ToolFormat = {
  fits: (template) => template.includes('<function=') && template.includes('</function>'),
  calls: callFormat({
    begins: ['<function='],
    fillers: ['</function>'],
    syntax: { kind: 'named', before: '<function=', after: '>', arguments: JSON_ARGUMENTS, end: '</function>' },
    written: { before: '', between: '', after: '' },
  }),
};

/** Functionary v3.2: messages, each with a line that names the tool, or `all` for the caller. */
export const FUNCTIONARY_V32: ToolFormat = {
  fits: (template) => template.includes('>>>all'),
  calls: callFormat({
    syntax: { kind: 'named', before: '', after: '\n', arguments: JSON_ARGUMENTS, end: '' },
    written: { before: '', between: '>>>', after: '' },
  }),
  marks: [{ open: 'all\n', close: '', isWritten: true }],
  channels: {
    begins: ['>>>'],
    firstBegins: undefined,
    areTokens: false,
    headerEnd: '\n',
    ends: [],
    route: (header) => {
      const name = header.startsWith('>>>') ? header.slice(3) : header;
      return name === 'all' ? { to: 'content' } : { to: 'tool', name };
    },
  },
};
