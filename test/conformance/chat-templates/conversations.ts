import type { Conversation } from '../../../src/generation/index.js';

const tool = (name: string, description: string, properties: object) => ({
  type: 'function' as const,
  function: {
    name,
    description,
    parameters: { type: 'object', properties, required: Object.keys(properties).slice(0, 1) },
  },
});
const TOOLS = [
  tool('get_weather', "Gets today's weather & wind", {
    city: { type: 'string', description: 'Name of the city' },
    unit: { type: 'string', enum: ['C', 'F'], default: 'C' },
  }),
  tool('add', 'Adds <two> numbers', { a: { type: 'number' }, b: { type: 'number' } }),
];
/** Its type is a list, which some templates do not take. */
const ODD_TOOL = tool('odd', 'Tells whether a number is odd', { n: { type: ['number', 'null'] } });
const SYSTEM = { role: 'system', content: 'Answer briefly.\nIn English.' };
const QUESTION = { role: 'user', content: "What's the weather in Zürich?" };

/** What each template is shown. */
export const CONVERSATIONS: Readonly<Record<string, Conversation>> = {
  plain: { messages: [{ role: 'user', content: 'Hello' }] },
  turns: {
    messages: [
      SYSTEM,
      { role: 'user', content: '  Who are you? 😀' },
      { role: 'assistant', content: 'A "model" <b>.\n' },
      { role: 'user', content: 'Why?' },
      { role: 'assistant', content: 'I am.' },
      { role: 'user', content: 'So?' },
    ],
  },
  tools: { messages: [SYSTEM, QUESTION], tools: [...TOOLS, ODD_TOOL] },
  call: {
    messages: [
      QUESTION,
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          {
            id: 'Ab1Cd2Ef3',
            type: 'function',
            function: { name: 'get_weather', arguments: { city: 'Zürich', unit: 'C' } },
          },
        ],
      },
      { role: 'tool', name: 'get_weather', tool_call_id: 'Ab1Cd2Ef3', content: '{"temperature": 21.5}' },
    ],
    tools: TOOLS,
  },
  thoughts: {
    messages: [
      { role: 'user', content: 'What is 2 + 2?' },
      { role: 'assistant', content: 'It is 4.', reasoning_content: 'Two and two\nmake four.' },
      { role: 'user', content: 'And 3 + 3?' },
    ],
  },
};
