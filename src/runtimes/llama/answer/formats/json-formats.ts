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

/** Apriel, MiniMax M1: JSON objects in one tag for all calls. */
export const APRIEL: ToolFormat = {
  fits: (template) => template.includes('<tool_calls>'),
  calls: callFormat({
    opens: ['<tool_calls>'],
    fillers: ['[', ',', ']', '</tool_calls>'],
    written: { before: '<tool_calls>[', between: ', ', after: ']</tool_calls>' },
  }),
};

/** Command R7B and Cohere's later models: a list of JSON objects between markers, as thoughts and answers are. */
export const COMMAND_R7B: ToolFormat = {
  fits: (template) => template.includes('<|START_ACTION|>'),
  calls: callFormat({
    opens: ['<|START_ACTION|>'],
    fillers: ['[', ',', ']', '<|END_ACTION|>'],
    syntax: { kind: 'object', nameKey: 'tool_name', argumentsKey: 'parameters' },
    written: { before: '<|START_ACTION|>[\n    ', between: ',\n    ', after: '\n]<|END_ACTION|>' },
  }),
  reasoning: { open: '<|START_THINKING|>', close: '<|END_THINKING|>' },
  marks: [
    { open: '<|START_RESPONSE|>', close: '<|END_RESPONSE|>', isWritten: true },
    { open: '<|START_TEXT|>', close: '<|END_TEXT|>', isWritten: true },
  ],
};

/** Granite 3: a list of JSON objects behind a marker. Granite 4 writes as Hermes does. */
export const GRANITE3: ToolFormat = {
  fits: (template) => template.includes('<|tool_call|>') && template.includes('<|start_of_role|>'),
  calls: callFormat({
    opens: ['<|tool_call|>', '<tool_call>'],
    fillers: ['[', ',', ']', '</tool_call>'],
    written: { before: '<|tool_call|>[', between: ', ', after: ']' },
  }),
  writtenCalls: (calls) => `<|tool_call|>${JSON.stringify(calls)}`,
  marks: [{ open: '<response>', close: '</response>', isWritten: false }],
};

/** Hermes, Qwen 2.5 and 3, Granite 4, MiMo-VL, Reka Edge: a JSON object in tags. */
export const HERMES: ToolFormat = {
  fits: (template) => template.includes('<tool_call>'),
  calls: callFormat({
    opens: ['<tool_call>'],
    fillers: ['</tool_call>'],
    written: { before: '<tool_call>\n', between: '\n</tool_call>\n<tool_call>\n', after: '\n</tool_call>' },
  }),
};

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

/** Nemotron Nano v2: a list of JSON objects in tags. Nemotron 3 Nano writes as Qwen3-Coder does. */
export const NEMOTRON_NANO_V2: ToolFormat = {
  fits: (template) => template.includes('<TOOLCALL>'),
  calls: callFormat({
    opens: ['<TOOLCALL>'],
    fillers: ['[', ',', ']', '</TOOLCALL>'],
    written: { before: '<TOOLCALL>[', between: ', ', after: ']</TOOLCALL>' },
  }),
};

/** Phi-4 mini: a list of JSON objects behind a marker; a system message of the template may say which tools there are. */
export const PHI4: ToolFormat = {
  fits: (template) => template.includes('<|/tool|>'),
  calls: callFormat({
    opens: ['<|tool_call|>', 'functools'],
    fillers: ['[', ',', ']', '<|/tool_call|>'],
    written: { before: '<|tool_call|>[', between: ', ', after: ']<|/tool_call|>' },
  }),
  writtenCalls: (calls) => `<|tool_call|>${JSON.stringify(calls)}<|/tool_call|>`,
  instructions: (tools) => {
    const list = tools.map(({ name, description, parameters }) => ({ name, description, parameters }));
    return `You are a helpful assistant with some tools.<|tool|>${JSON.stringify(list)}<|/tool|>`;
  },
};

/** Lines of JSON, as the system message asks for them. */
export const JSON_LINES = callFormat({
  isBare: true,
  fillers: ['[', ',', ']'],
  written: { before: '', between: '\n', after: '' },
});

/** For templates that know no tools, or show calls in a form that is not known here. */
export const TEXT: ToolFormat = { fits: () => true, calls: JSON_LINES, toolsInText: true };
