import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_ON } from '../support/access-tables.js';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { CHAT, comparable, floats, GREEDY, json, MAX_INPUT_BYTES, MODELS, ROWS } from '../support/dialect-requests.js';
import { type Answered, type Asked, askOverSocket } from '../support/two-ways.js';

const ASYNC = { prefer: 'respond-async, wait=30' };

/** One answer each, so that each can be a job. */
const UNARY: readonly (readonly [what: string, asked: Asked])[] = [
  ...ROWS.filter(([what]) =>
    [
      'OIP',
      'OIP in binary',
      'a completion',
      'TensorFlow Serving',
      'SageMaker',
      'a message',
      'tokens of a message',
    ].includes(what),
  ),
  ['a large body', json('POST /v2/models/floats/infer', { ...floats(3), parameters: { note: 'n'.repeat(200_000) } })],
  ['a text of OIP', json('POST /v2/models/kjv/generate', { text_input: 'And', max_tokens: 8, temperature: 0 })],
  ['a chat', json('POST /v1/chat/completions', CHAT)],
  ['a chat with two answers', json('POST /v1/chat/completions', { ...CHAT, n: 2 })],
  ['completions of three prompts', json('POST /v1/completions', { ...GREEDY, prompt: ['And', 'He', 'The'] })],
  ['a response', json('POST /v1/responses', { model: 'kjv', input: 'And', max_output_tokens: 4, temperature: 0 })],
];
/** Streams, and requests that are refused. */
const OTHERS = ROWS.filter(([what]) => !UNARY.some(([unary]) => unary === what)).filter(([, { line }]) =>
  line.startsWith('POST '),
);

const asJob = (asked: Asked): Asked => ({ ...asked, headers: { ...asked.headers, ...ASYNC } });

/** Without what only the answer of a job has. */
function withoutJob({ headers, ...rest }: Answered): Answered {
  const { location: _, 'preference-applied': _applied, 'x-millrace-job': _job, ...others } = headers;
  return { ...rest, headers: others };
}

describe('requests of each dialect', () => {
  let server: AppServer;
  beforeAll(async () => {
    server = await startAppServer(MODELS, {
      ...ALL_ON,
      auth: { allowAnonymous: true },
      server: { maxInputBytes: MAX_INPUT_BYTES },
    });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  /** Requests that the models have run. */
  const runs = () => server.app.engine.statistics().reduce((sum, { success }) => sum + success.count, 0);

  it.each(UNARY)('are answered as jobs as they are at once, and run once: %s', async (_what, asked) => {
    const before = runs();
    const atOnce = comparable(await askOverSocket(server.port, asked));
    expect(atOnce.status).toBe(200);
    const each = runs() - before;
    const answer = await askOverSocket(server.port, asJob(asked));
    expect(answer.headers).toMatchObject({ 'preference-applied': 'wait=30', 'x-millrace-job': 'succeeded' });
    expect(withoutJob(comparable(answer))).toEqual(atOnce);
    expect(runs() - before).toBe(2 * each);
  });

  it.each(OTHERS)('are answered at once where they are no job: %s', async (_what, asked) => {
    const atOnce = comparable(await askOverSocket(server.port, asked));
    const answer = comparable(await askOverSocket(server.port, asJob(asked)));
    expect(answer).toEqual(atOnce);
    expect(answer.headers).not.toHaveProperty('preference-applied');
  });
});
