import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeServer, run, server, start } from '../../test/support/cli-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createFakeIo, type FakeIo } from '../../test/support/fake-io.js';
import { type FakeAnswer, jsonAnswer, type SeenRequest } from '../../test/support/fake-server.js';
import { createTempFolder } from '../../test/support/model-folder.js';
import { until } from '../../test/support/until.js';
import type { Job } from '../api/index.js';
import { runCli } from './program.js';

afterEach(closeServer);

const API = '/millrace/v1';
const JOB: Job = {
  id: 'a-1',
  state: 'queued',
  version: 0,
  model: 'fraud',
  principal: 'ann',
  dialect: 'oip',
  method: 'POST',
  url: '/v2/models/fraud/infer',
  priority: 'background',
  attempts: 0,
  ahead: 2,
  created_at: '2026-11-27T13:00:00.000Z',
  expires_at: '2026-11-28T13:00:00.000Z',
  request_bytes: 67,
  answer_bytes: 0,
};
const job = (change: Partial<Job> = {}): Job => ({ ...JOB, ...change });
const { ahead: _, ...STARTED } = JOB;
const RUNNING: Job = { ...STARTED, state: 'running', attempts: 1, started_at: '2026-11-27T13:00:01.000Z' };
const ENDED = { ended_at: '2026-11-27T13:00:02.500Z', removal_at: '2026-11-28T13:00:02.500Z' } as const;
const SUCCEEDED: Job = { ...RUNNING, ...ENDED, state: 'succeeded', status: 200, answer_bytes: 1_234 };
const FAILED: Job = {
  ...RUNNING,
  ...ENDED,
  state: 'failed',
  attempts: 3,
  status: 500,
  error: { code: 'internal', message: 'it \u001b[1mbroke' },
};

const unpadded = (text: string) => text.replace(/ +/g, ' ');

describe('jobs list', () => {
  it('shows jobs as a table, and says when older ones are left out', async () => {
    const page = { jobs: [job(), RUNNING, SUCCEEDED, FAILED], next: '4' };
    await start({ [`GET ${API}/jobs?limit=4`]: () => jsonAnswer(page) });
    const { code, out, err } = await run(['jobs', 'list', '--limit', '4']);
    expect([code, err]).toEqual([0, 'older jobs are left out: --limit 4\n']);
    expect(unpadded(out)).toBe(
      'JOB MODEL STATE CREATED TOOK PRINCIPAL RESULT\n' +
        'a-1 fraud queued 2026-11-27 13:00:00 ann\n' +
        'a-1 fraud running 2026-11-27 13:00:00 ann\n' +
        'a-1 fraud succeeded 2026-11-27 13:00:00 2s500ms ann 200\n' +
        'a-1 fraud failed 2026-11-27 13:00:00 2s500ms ann internal 500\n',
    );
  });

  it('asks for as many pages as it needs', async () => {
    const pages: Readonly<Record<string, FakeAnswer>> = {
      [`${API}/jobs?limit=1000`]: jsonAnswer({ jobs: Array(1_000).fill(SUCCEEDED), next: '7' }),
      [`${API}/jobs?limit=500&after=7`]: jsonAnswer({ jobs: [FAILED] }),
    };
    await start(Object.fromEntries(Object.entries(pages).map(([url, answer]) => [`GET ${url}`, () => answer])));
    const { code, out, err } = await run(['jobs', 'list', '-n', '1500', '--json']);
    expect([code, err, JSON.parse(out).length]).toEqual([0, '', 1_001]);
  });

  it.each([
    [['--failed'], 'state=failed&limit=20'],
    [['--state', 'expired', '--model', 'a b', '--all'], 'state=expired&model=a+b&all=true&limit=20'],
  ])('%j asks for ?%s', async (flags, query) => {
    await start({ [`GET ${API}/jobs?${query}`]: () => jsonAnswer({ jobs: [] }) });
    expect(await run(['jobs', 'list', ...flags])).toEqual({ code: 0, out: 'no jobs\n', err: '' });
  });

  it.each([
    [['--failed', '--state', 'queued'], "error: option '--failed' cannot be used with option '--state <state>'\n"],
    [
      ['--state', 'done'],
      "error: option '--state <state>' argument 'done' is invalid. Allowed choices are queued, running, succeeded, failed, cancelled, expired.\n",
    ],
    [['--limit', '0'], "error: option '-n, --limit <count>' argument '0' is invalid. Expected 1 or more, got '0'.\n"],
  ])('%j is refused before a server is asked', async (flags, message) => {
    const { code, err } = await run(['jobs', 'list', ...flags]);
    expect([code, err]).toEqual([2, `${message}Add --help to see how to use it.\n`]);
  });
});

describe('jobs show', () => {
  const show = async (shown: Job) => {
    await start({ [`GET ${API}/jobs/a-1/status`]: () => jsonAnswer(shown) });
    return unpadded((await run(['jobs', 'show', 'a-1'])).out);
  };

  it('says all that is known of a job that waits', async () => {
    expect(await show(job({ due_at: '2026-11-27T14:00:00.000Z' }))).toBe(
      'id a-1\nstate queued\nmodel fraud\nprincipal ann\nrequest POST /v2/models/fraud/infer (oip, 67 B)\n' +
        'priority background\njobs ahead at most 2\ncreated 2026-11-27T13:00:00.000Z\n' +
        'starts after 2026-11-27T14:00:00.000Z\nexpires 2026-11-28T13:00:00.000Z\n',
    );
  });

  it('says how a job ended, whose error moves no cursor', async () => {
    expect(await show(FAILED)).toContain(
      'attempts 3\ncreated 2026-11-27T13:00:00.000Z\nstarted 2026-11-27T13:00:01.000Z\nended 2026-11-27T13:00:02.500Z\n' +
        'removed 2026-11-28T13:00:02.500Z\nanswer 500, 0 B\nerror internal: it \\u001b[1mbroke\n',
    );
  });
});

describe('jobs result', () => {
  const answered = (state: string, status: number, body: string | Uint8Array): FakeAnswer => ({
    status,
    headers: { 'content-type': 'application/octet-stream', 'x-millrace-job': state },
    body,
  });
  const result = async (answer: FakeAnswer, flags: readonly string[] = [], options = {}) => {
    await start({ [`GET ${API}/jobs/a-1`]: () => answer });
    return run(['jobs', 'result', 'a-1', ...flags], options);
  };

  it('prints the body as it was stored', async () => {
    const answer = answered('succeeded', 200, '{"outputs":[]}');
    expect(await result(answer)).toEqual({ code: 0, out: '{"outputs":[]}', err: '' });
    expect((await result(answer, [], { terminal: true })).out).toBe('{"outputs":[]}\n');
  });

  it.each([400, 424])('prints the body of an answer with %i, and exits with 1', async (status) => {
    const { code, out, err } = await result(answered('failed', status, '{"error":"no"}'));
    expect([code, out, err]).toEqual([1, '{"error":"no"}', `job 'a-1' failed: answered ${status}\n`]);
  });

  it('exits with 4 where the job has not ended', async () => {
    const message = "job 'a-1' has not ended: millrace jobs watch a-1\n";
    expect(await result(answered('running', 202, '{}'))).toEqual({ code: 4, out: '', err: message });
  });

  it.each([[Buffer.from([0, 1, 2])], [Buffer.from([0xff, 0xfe, 65])]])('writes %j to a file only', async (body) => {
    const answer = answered('succeeded', 200, body);
    const message = 'error: the answer is binary (application/octet-stream): name a file with --output\n';
    expect(await result(answer)).toEqual({ code: 2, out: '', err: message });
    await using folder = await createTempFolder({});
    const written = await result(answer, ['--output', 'answer.bin'], { cwd: folder.path });
    expect(written).toEqual({ code: 0, out: '', err: 'wrote answer.bin\n' });
    expect(await readFile(join(folder.path, 'answer.bin'))).toEqual(body);
  });

  it('says what the server refused', async () => {
    const error = { error: { code: 'not_found', message: "job 'a-1' was removed" } };
    expect(await result(jsonAnswer(error, 410))).toEqual({ code: 1, out: '', err: "error: job 'a-1' was removed\n" });
  });
});

describe('jobs watch', () => {
  let clock: FakeClock;
  beforeEach(() => {
    clock = new FakeClock();
  });

  /** Runs `millrace jobs watch` on a server with these answers, one after the other. */
  async function watch(
    looks: readonly (Job | FakeAnswer)[],
    {
      flags = [],
      whileWaiting,
    }: { readonly flags?: readonly string[]; readonly whileWaiting?: (io: FakeIo) => void } = {},
  ) {
    let at = 0;
    const answer = (): FakeAnswer => {
      const look = looks[Math.min(at++, looks.length - 1)];
      return look !== undefined && 'id' in look ? jsonAnswer(look) : (look ?? {});
    };
    await start({ [`GET ${API}/jobs/a-1/status`]: answer });
    const io = createFakeIo({ clock });
    let code: number | undefined;
    const ended = runCli(['jobs', 'watch', 'a-1', ...flags], io).then((exit) => {
      code = exit;
    });
    while (code === undefined) {
      await until('it waits or has ended', () => code !== undefined || clock.pendingTimers > 0);
      if (code !== undefined) break;
      whileWaiting?.(io);
      await clock.advance(1_000);
    }
    await ended;
    expect(clock.pendingTimers).toBe(0);
    return { code, out: io.out(), err: io.err() };
  }

  it('prints a line for each change, and exits with 0 when the job has succeeded', async () => {
    const again = job({ attempts: 1, error: { code: 'internal', message: 'no' }, due_at: '2026-11-27T13:00:05.000Z' });
    const second: Job = { ...RUNNING, attempts: 2 };
    expect(await watch([job(), job(), RUNNING, again, second, second, SUCCEEDED])).toEqual({
      code: 0,
      out:
        'queued, at most 2 ahead\nrunning, attempt 1\nqueued again, not before 2026-11-27 13:00:05: internal: no\n' +
        'running, attempt 2\nsucceeded after 2s500ms: 200, 1.2 kB\n',
      err: '',
    });
    const looks = server?.seen.filter(({ headers }: SeenRequest) => headers.prefer !== undefined);
    const waits = looks?.map(({ headers }: SeenRequest) => headers.prefer);
    expect(waits).toEqual(['wait=0', 'wait=2', 'wait=2', 'wait=10', 'wait=2', 'wait=10', 'wait=10']);
  });

  it('exits with 1 when the job has failed', async () => {
    const { code, out } = await watch([FAILED]);
    expect([code, out]).toEqual([1, 'failed after 2s500ms: internal: it \\u001b[1mbroke; 500, 0 B\n']);
  });

  it('prints the job as a line of JSON with --json', async () => {
    const { out } = await watch([RUNNING, SUCCEEDED], { flags: ['--json'] });
    expect(out).toBe(`${JSON.stringify(RUNNING)}\n${JSON.stringify(SUCCEEDED)}\n`);
  });

  it('waits for a server that restarts', async () => {
    const { code, out, err } = await watch([RUNNING, { status: 504 }, { status: 504 }, SUCCEEDED]);
    expect([code, out]).toEqual([0, 'running, attempt 1\nsucceeded after 2s500ms: 200, 1.2 kB\n']);
    expect(err).toBe('the server answered 504; trying again for at most 5m\nthe server answers again\n');
  });

  it('ends with the job that is gone, and where the first request fails', async () => {
    const gone = jsonAnswer({ error: { code: 'not_found', message: "job 'a-1' was removed" } }, 410);
    expect(await watch([RUNNING, gone])).toMatchObject({ code: 1, err: "error: job 'a-1' was removed\n" });
    expect(await watch([gone])).toMatchObject({ code: 1, out: '' });
  });

  it('ends with a signal, and the job goes on', async () => {
    const { code, err } = await watch([RUNNING], { whileWaiting: (io) => io.signal('SIGINT') });
    expect([code, err]).toEqual([130, 'stopped watching; this does not stop the job\n']);
  });
});

describe('changes of jobs', () => {
  it.each<[argv: readonly string[], request: string, answer: FakeAnswer, out: string]>([
    [['cancel', 'a-1'], 'POST jobs/a-1/cancel', jsonAnswer(FAILED), 'cancelled job a-1\n'],
    [['retry', 'a-1'], 'POST jobs/a-1/retry', jsonAnswer(JOB), 'queued job a-1 again\n'],
    [['retry', 'a-1', '--json'], 'POST jobs/a-1/retry', jsonAnswer(JOB), `${JSON.stringify(JOB)}\n`],
    [['remove', 'a-1'], 'DELETE jobs/a-1', {}, 'removed job a-1\n'],
    [['remove', 'a-1', '--json'], 'DELETE jobs/a-1', {}, '{"removed":"a-1"}\n'],
  ])('millrace jobs %j', async (argv, request, answer, out) => {
    await start({ [request.replace(' ', ` ${API}/`)]: () => answer });
    expect(await run(['jobs', ...argv])).toEqual({ code: 0, out, err: '' });
  });
});

describe('queues of jobs', () => {
  const QUEUES = [
    { model: 'fraud', queued: 3, running: 1, paused: true, held_batches: 2, oldest_age_ms: 90_000 },
    { model: 'iris', queued: 0, running: 2, paused: false, held_batches: 0 },
  ];

  it('are a table', async () => {
    await start({ [`GET ${API}/job-queues`]: () => jsonAnswer({ queues: QUEUES }) });
    expect(unpadded((await run(['jobs', 'queues'])).out)).toBe(
      'MODEL QUEUED RUNNING BATCHES HELD OLDEST STATE\nfraud 3 1 2 1m30s paused\niris 0 2 0 - open\n',
    );
    expect((await run(['jobs', 'queues', '--json'])).out).toBe(`${JSON.stringify(QUEUES)}\n`);
    await start({ [`GET ${API}/job-queues`]: () => jsonAnswer({ queues: [] }) });
    expect((await run(['jobs', 'queues'])).out).toBe('no queues\n');
  });

  it('are paused and resumed', async () => {
    await start({
      [`POST ${API}/job-queues/a%2Fb/pause`]: () => jsonAnswer({ ...QUEUES[0], model: 'a/b' }),
      [`POST ${API}/job-queues/iris/resume`]: () => jsonAnswer(QUEUES[1]),
    });
    expect((await run(['jobs', 'pause', 'a/b'])).out).toBe("paused the jobs of 'a/b': 3 queued, 1 running\n");
    expect((await run(['jobs', 'resume', 'iris'])).out).toBe("resumed the jobs of 'iris': 0 queued, 2 running\n");
  });
});
