import { expect, it } from 'vitest';
import { replay } from './replay.js';

const RESPONSE = {
  id: 'resp_1',
  status: 'completed',
  output: [
    { id: 'rs_1', type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'hm' }] },
    {
      id: 'msg_1',
      type: 'message',
      status: 'completed',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'yes', annotations: [], logprobs: [] }],
    },
    { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'c', name: 'f', arguments: '{}' },
  ],
};

it('a stored response is the events of its items, numbered', () => {
  const events = [...replay(RESPONSE, 2)].map(({ number, text }) => ({
    number,
    data: JSON.parse(text.slice(text.indexOf('data: ') + 'data: '.length)),
  }));
  expect(events.map(({ number, data }) => [number, data.sequence_number])).toEqual(
    events.map((_, index) => [index + 2, index + 2]),
  );
  const part = (kind: string) => [
    'output_item.added',
    'content_part.added',
    `${kind}.delta`,
    `${kind}.done`,
    'content_part.done',
    'output_item.done',
  ];
  expect(events.map(({ data }) => data.type.slice('response.'.length))).toEqual([
    'in_progress',
    ...part('reasoning_text'),
    ...part('output_text'),
    'output_item.added',
    'function_call_arguments.delta',
    'function_call_arguments.done',
    'output_item.done',
  ]);
  expect(events[9]?.data).toMatchObject({
    delta: 'yes',
    item_id: 'msg_1',
    output_index: 1,
    content_index: 0,
    logprobs: [],
  });
  expect(events[1]?.data.item).toMatchObject({ id: 'rs_1', status: 'in_progress', content: [] });
});
