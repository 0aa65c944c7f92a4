import { shareBar } from '../../harness/bars.js';
import { openStream, type StreamedAnswer, type StreamRequest } from '../../harness/language/stream.js';
import { interleavedRow } from '../../harness/rounds.js';
import type { Row } from '../../harness/row.js';
import { bothServers, THREADS } from './contestants.js';

const TOKENS = 96;

/** Long enough that an answer does not end before it has all its tokens. */
const SCHEMA = {
  type: 'object',
  properties: {
    cities: {
      type: 'array',
      minItems: 20,
      maxItems: 20,
      items: {
        type: 'object',
        properties: {
          name: { type: 'string', maxLength: 24 },
          country: { type: 'string', maxLength: 24 },
          coastal: { type: 'boolean' },
          size: { enum: ['small', 'large'] },
        },
        required: ['name', 'country', 'coastal', 'size'],
        additionalProperties: false,
      },
    },
  },
  required: ['cities'],
  additionalProperties: false,
};

/** What it costs to let a model write nothing but JSON of a schema. */
export function jsonRow(): Row {
  return interleavedRow({
    id: 'json',
    title: `${TOKENS} tokens of a conversation, free and as JSON of a schema, one stream`,
    contestants: bothServers(
      { slots: 1, contextTokens: 2048, threads: THREADS },
      {
        async measure({ url }, { seed }) {
          const free = await openStream(url, question(seed, { ignore_eos: true })).answer;
          const format = { type: 'json_schema', json_schema: { name: 'cities', strict: true, schema: SCHEMA } };
          const json = await openStream(url, question(seed, { response_format: format })).answer;
          return { tokenMs: msPerToken(free), jsonTokenMs: msPerToken(json) };
        },
      },
    ),
    bars: [shareBar({ metric: 'jsonTokenMs', of: 'tokenMs', who: 'millrace', atMost: 1.3 })],
  });
}

function question(seed: number, more: Readonly<Record<string, unknown>>): StreamRequest {
  const content = `Tell me of twenty cities: name, country, whether they lie at the sea, and their size. List ${seed}.`;
  return {
    path: '/v1/chat/completions',
    body: { messages: [{ role: 'user', content }], max_tokens: TOKENS, temperature: 0, ...more },
  };
}

/** From the first piece to the last. */
function msPerToken({ pieces, tokens }: StreamedAnswer): number {
  const [first, last] = [pieces[0], pieces.at(-1)];
  if (first === undefined || last === undefined || tokens < TOKENS / 2) throw new Error(`${tokens} tokens only`);
  return (last - first) / (tokens - 1);
}
