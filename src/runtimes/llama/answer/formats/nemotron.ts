import { callFormat, type ToolFormat } from './format.js';

/** Nemotron Nano v2: a list of JSON objects in tags. Nemotron 3 Nano writes as Qwen3-Coder does. */
export const NEMOTRON_NANO_V2: ToolFormat = {
  fits: (template) => template.includes('<TOOLCALL>'),
  calls: callFormat({
    opens: ['<TOOLCALL>'],
    fillers: ['[', ',', ']', '</TOOLCALL>'],
    written: { before: '<TOOLCALL>[', between: ', ', after: ']</TOOLCALL>' },
  }),
};
