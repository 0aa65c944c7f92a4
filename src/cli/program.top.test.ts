import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeServer, start } from '../../test/support/cli-fixture.js';
import { createFakeIo, type FakeIoOptions } from '../../test/support/fake-io.js';
import { type FakeAnswer, jsonAnswer } from '../../test/support/fake-server.js';
import { until } from '../../test/support/until.js';
import { runCli } from './program.js';

afterEach(closeServer);

const INSTANCE = { id: 'mlp/1#0', up: true, restarts: 0 };
const activity = (queued: number) => ({
  queued_requests: queued,
  queued_bytes: 0,
  executing_requests: 1,
  active_sequences: 0,
  waiting_sequences: 0,
  instances: [INSTANCE],
});
const statisticsOf = (name: string, count: number) => ({
  name,
  version: '1',
  last_inference: 0,
  inference_count: count * 4,
  execution_count: count,
  inference_stats: {
    success: { count, ns: count * 2e6 },
    fail: { count: 0, ns: 0 },
    queue: { count, ns: count * 5e5 },
    compute_input: { count, ns: 0 },
    compute_infer: { count, ns: 0 },
    compute_output: { count, ns: 0 },
  },
  batch_stats: [],
});
const EVENT = {
  id: 'a-1',
  at: '2026-12-03T13:05:02.000Z',
  type: 'model.state',
  model: 'mlp',
  version: 1,
  state: 'ready',
  load_ms: 120,
};
const events = (...all: readonly object[]): FakeAnswer => ({
  status: 200,
  headers: { 'content-type': 'text/event-stream' },
  body: all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''),
});

let looks = 0;
beforeEach(() => {
  looks = 0;
});

/** A server with two models, of which `mlp` has 100 more answers at each look. */
function startServer(eventAnswer: () => FakeAnswer = () => events()) {
  const model = (name: string, queued: number) => ({
    name,
    aliases: [],
    labels: {},
    versions: [{ version: 1, state: 'ready', activity: activity(queued) }],
  });
  return start({
    'GET /millrace/v1/models?limit=1000': () => jsonAnswer({ models: [model('idle', 0)], next: 'idle' }),
    'GET /millrace/v1/models?limit=1000&after=idle': () => jsonAnswer({ models: [model('mlp', 7)] }),
    'GET /v2/models/stats': () =>
      jsonAnswer({ model_stats: [statisticsOf('idle', 5), statisticsOf('mlp', 100 * ++looks)] }),
    'GET /millrace/v1/events': eventAnswer,
    'GET /millrace/v1/events?after=a-1': () => events(),
  });
}

async function top(argv: readonly string[], options: FakeIoOptions = {}) {
  const io = createFakeIo(options);
  const code = await runCli(['top', '--interval', '100ms', ...argv], io);
  return { code, out: io.out(), err: io.err() };
}

/** Until the output has the text; then Ctrl-C. */
async function topUntil(text: string, argv: readonly string[], options: FakeIoOptions = {}): Promise<string> {
  const io = createFakeIo(options);
  const ended = runCli(['top', '--interval', '100ms', ...argv], io);
  await until(`it writes ${text}`, () => io.out().includes(text));
  io.signal('SIGINT');
  expect(await ended).toBe(130);
  return io.out();
}

const cells = (text: string) => text.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | '));

describe('millrace top', () => {
  it('writes a table at each look where there is no terminal, the busiest model first', async () => {
    await startServer();
    const { code, out } = await top(['--count', '2']);
    const [header, busy, idle, gap, again] = cells(out);
    expect(code).toBe(0);
    expect(header).toBe(
      'MODEL | VERSION | STATE | REQ/S | FAILED/S | MEAN | QUEUE | ROWS/RUN | QUEUED | RUNNING | INSTANCES | RESTARTS',
    );
    expect(busy).toMatch(/^mlp \| 1 \| ready \| [\d.,]+ \| 0 \| 2\.00 ms \| 0\.500 ms \| 4\.0 \| 7 \| 1 \| 1 \| 0$/);
    expect(idle).toBe('idle | 1 | ready | 0 | 0 | 0 | 1 | 1 | 0');
    expect([gap, again]).toEqual(['', header]);
    expect(looks).toBe(3);
  });

  it('writes a JSON object at each look, with the events since the one before', async () => {
    await startServer(() => events(EVENT));
    const out = await topUntil('"model.state"', ['--json']);
    const frames = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(frames.flatMap((frame) => frame.events)).toEqual([EVENT]);
    expect(frames[0]).toMatchObject({
      at: expect.any(String),
      versions: [{ model: 'mlp', meanMs: 2, queuedRequests: 7, instancesUp: 1 }, { model: 'idle' }],
    });
  });

  it('fills a terminal, with the last events below, and says how many versions it leaves out', async () => {
    await startServer(() => events(EVENT));
    const event = '13:05:02  mlp/1 is ready after 120 ms\n';
    const out = await topUntil(event, [], { terminal: true, rows: 9 });
    const frames = out.split('\x1b[H\x1b[2J').slice(1);
    const last = frames.at(-1) ?? '';
    expect(frames.length).toBeGreaterThan(1);
    expect(last).toMatch(/^http:\S+ {2}\d\d:\d\d:\d\d\n\nMODEL .*\nmlp .*\nand 1 more\n\n/);
    expect(last.endsWith(`\n\n${event}`)).toBe(true);
  });

  it('says why it has no events, and goes on', async () => {
    await startServer(() => jsonAnswer({ error: "needs the right 'server.read'", code: 'permission_denied' }, 403));
    await topUntil("no events: needs the right 'server.read'\n", []);
  });

  it('ends with the failure of its first look, and by Ctrl-C', async () => {
    await start({});
    expect(await top([])).toMatchObject({ code: 1, out: '' });
    await startServer();
    const io = createFakeIo();
    const ended = runCli(['top', '--interval', '1h'], io);
    await until('it has looked', () => looks > 0);
    io.signal('SIGINT');
    expect(await ended).toBe(130);
  });

  it('refuses an interval below 100 ms', async () => {
    expect((await top(['--interval', '10ms'])).err).toContain("Expected a duration such as 2s, got '10ms'.");
  });
});
