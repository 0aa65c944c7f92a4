import { callFormat, JSON_ARGUMENTS, type NamedCall, type ToolFormat } from './format.js';

const CALLS = { open: '<|tool_calls_section_begin|>', close: '<|tool_calls_section_end|>' };
const CALL = { open: '<|tool_call_begin|>', close: '<|tool_call_end|>' };

/** Kimi K2: an id that has the name in it, then JSON. */
export const KIMI_K2: ToolFormat = {
  fits: (template) => template.includes(CALLS.open),
  calls: callFormat({
    opens: [CALLS.open],
    begins: [CALL.open],
    fillers: [CALL.close, CALLS.close],
    syntax: {
      kind: 'named',
      before: CALL.open,
      after: '<|tool_call_argument_begin|>',
      readName: readId,
      around: { before: 'functions.', after: ':' },
      arguments: JSON_ARGUMENTS,
      end: CALL.close,
    },
    written: { before: CALLS.open, between: '', after: CALLS.close },
    endsThoughts: true,
  }),
};

/** `functions.NAME:INDEX`, which the template wants to have again as the id of the call. */
function readId(text: string): NamedCall {
  const name = /^(?:functions\.)?([\w-]+)(:\d+)?$/.exec(text);
  if (name === null) return { name: '' };
  return { name: name[1] ?? '', ...(name[2] === undefined ? {} : { id: text }) };
}
