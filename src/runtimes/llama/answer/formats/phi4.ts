import { callFormat, type ToolFormat } from './format.js';

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
