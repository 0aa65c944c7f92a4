import { callFormat, PYTHON_ARGUMENTS, type ToolFormat, type WrittenCall } from './format.js';

/** LFM2: a list of calls as in Python between markers. The first templates name only the list of tools. */
export const LFM2: ToolFormat = {
  fits: (template) =>
    template.includes('<|tool_call_start|>') ||
    template.includes('List of tools: <|tool_list_start|>[') ||
    template.includes('List of tools: ['),
  calls: callFormat({
    opens: ['<|tool_call_start|>'],
    fillers: ['[', ']', '<|tool_call_end|>'],
    again: [','],
    syntax: {
      kind: 'named',
      before: '',
      after: '(',
      arguments: PYTHON_ARGUMENTS,
      end: '',
    },
    written: { before: '<|tool_call_start|>[', between: ', ', after: ']<|tool_call_end|>' },
  }),
  writtenCalls: (calls) => `<|tool_call_start|>[${calls.map(inPython).join(', ')}]<|tool_call_end|>`,
  // Some of the models think, though not all of the templates show it.
  reasoning: { open: '<think>', close: '</think>' },
};

function inPython({ name, arguments: given }: WrittenCall): string {
  const pairs = Object.entries(Object(given)).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return `${name}(${pairs.join(', ')})`;
}
