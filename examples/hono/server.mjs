/**
 * A Hono application with millrace in it: OpenAI's API below /v1 for clients with a key, and a route of its own that asks the same model
 * through OpenAI's client, without a socket.
 */
import { serve } from '@hono/node-server';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { createMillrace } from 'millrace';
import { APIError, OpenAI } from 'openai';

const {
  MILLRACE_MODELS = './models',
  MILLRACE_MODEL: model = 'smollm2',
  MILLRACE_KEY: key,
  PORT = '3000',
} = process.env;
if (key === undefined)
  throw new Error('set MILLRACE_KEY to the key that clients of /v1 send, of 16 characters or more');

const millrace = await createMillrace({
  settings: { repository: { paths: [MILLRACE_MODELS] }, auth: { keys: [{ name: 'clients', key, scopes: ['infer'] }] } },
});
const openai = new OpenAI({
  baseURL: 'http://millrace/v1',
  apiKey: 'none',
  maxRetries: 0,
  fetch: (url, init) => millrace.fetch(new Request(url, init), { principal: 'titles' }),
});

const app = new Hono();
app.all('/v1/*', (c) => millrace.fetch(c.req.raw, { address: getConnInfo(c).remote.address }));
app.post('/title', async (c) => {
  const content = `Write a title of at most five words for this text:\n${await c.req.text()}`;
  const { choices } = await openai.chat.completions.create(
    { model, messages: [{ role: 'user', content }], max_tokens: 16 },
    { signal: c.req.raw.signal },
  );
  return c.json({ title: choices[0]?.message.content ?? '' });
});
app.onError((error, c) =>
  error instanceof APIError
    ? c.json({ error: error.message }, error.status ?? 500)
    : c.json({ error: 'internal' }, 500),
);

const server = serve({ fetch: app.fetch, port: Number(PORT) }, ({ port }) => console.log(`port: ${port}`));
process.once('SIGTERM', () => server.close(() => millrace.close()));
