import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { run } from '../../test/support/cli-fixture.js';
import { FakeClock } from '../../test/support/fake-clock.js';
import { createFakeIo, type FakeIo, type FakeIoOptions } from '../../test/support/fake-io.js';
import { type FakeAnswer, type FakeServer, jsonAnswer, startFakeServer } from '../../test/support/fake-server.js';
import { until } from '../../test/support/until.js';
import type { Rollout, RolloutDecision, RolloutPlan, RolloutState } from '../api/index.js';
import { runCli } from './program.js';

let server: FakeServer | undefined;
afterEach(closeServer);

let clock: FakeClock;
beforeEach(() => {
  clock = new FakeClock();
});

const PATH = '/millrace/v1/models/fraud/rollout';

const decision = (minute: number, action: string, reason: string): RolloutDecision => ({
  at: `2026-11-27T13:0${minute}:00.000Z`,
  by: 'millrace',
  action,
  reason,
  numbers: {},
});
const START = decision(0, 'start', 'step 1 of 2 (50 %) begins');
const ADVANCE = decision(1, 'advance', 'step 2 of 2 (100 %) begins');

const PLAN: RolloutPlan = {
  steps: [],
  max_hold_ms: 0,
  on_inconclusive: 'pause',
  promotion_needs_approval: false,
};

const rollout = (state: RolloutState, change: Partial<Rollout> = {}): Rollout => ({
  id: 'first',
  model: 'fraud',
  stable: 3,
  canary: 4,
  started_at: '2026-11-27T13:00:00.000Z',
  started_by: 'ada',
  state,
  step: 1,
  weight: 50,
  held_ms: 0,
  requests: 0,
  phase: `it is ${state}`,
  next: 'nothing',
  plan: PLAN,
  commands: [],
  decisions: [START],
  timeline: [],
  ...change,
});

const AWAY: FakeAnswer = { status: 504 };
const ERROR_404 = jsonAnswer({ error: { code: 'not_found', message: "there has been no rollout of 'fraud'" } }, 404);

/**
 * A server that answers looks at the rollout one after the other, undefined = it breaks the connection off; the last answer is
 * given again.
 */
async function serve(looks: readonly (Rollout | FakeAnswer | undefined)[], history: readonly object[] = []) {
  await closeServer();
  let look = 0;
  server = await startFakeServer(({ url }) => {
    if (url === `${PATH}/history`) return jsonAnswer({ rollouts: history });
    expect(url).toBe(PATH);
    const answer = looks[Math.min(look++, looks.length - 1)];
    return answer !== undefined && 'id' in answer ? jsonAnswer(answer) : answer;
  });
  vi.stubEnv('MILLRACE_URL', server.url);
}

async function closeServer(): Promise<void> {
  await server?.close();
  server = undefined;
}

/** Runs `millrace rollout …` with time going by whenever it waits; `whileWaiting` is called before each second of that. */
async function follow(
  argv: readonly string[],
  { whileWaiting, ...options }: FakeIoOptions & { readonly whileWaiting?: (io: FakeIo) => void } = {},
) {
  const io = createFakeIo({ ...options, clock });
  let code: number | undefined;
  const ended = runCli(['rollout', ...argv], io).then((exit) => {
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

const wait = (...argv: readonly string[]) => follow(['wait', 'fraud', ...argv]);
const HEAD = 'fraud: version 3 → 4, begun 2026-11-27 13:00:00 by ada\n';
const STARTED = '2026-11-27 13:00:00 start: step 1 of 2 (50 %) begins\n';

describe('rollout wait', () => {
  it('prints a line for each decision once, and exits with 0 when the rollout is promoted', async () => {
    const decisions = [decision(2, 'finish', "'fraud' stands for version 4 now"), ADVANCE, START];
    await serve([
      rollout('holding'),
      rollout('holding'),
      rollout('holding', { decisions: decisions.slice(1) }),
      rollout('done', { decisions }),
    ]);
    expect(await wait()).toEqual({
      code: 0,
      out:
        `${HEAD}${STARTED}2026-11-27 13:01:00 advance: step 2 of 2 (100 %) begins\n` +
        "2026-11-27 13:02:00 finish: 'fraud' stands for version 4 now\ndone: it is done\n",
      err: '',
    });
    expect(server?.seen).toHaveLength(4);
  });

  it.each([
    ['done', 0],
    ['rolled_back', 1],
    ['aborted', 1],
    ['paused', 4],
  ] as const)('exits at once where the rollout is %s, with %i, as status --watch does', async (state, code) => {
    await serve([rollout(state)]);
    const told = await wait();
    expect(told).toMatchObject({ code, out: `${HEAD}${STARTED}${state.replace('_', ' ')}: it is ${state}\n` });
    expect(await follow(['status', 'fraud', '--watch'])).toMatchObject({ code, err: told.err });
    expect(server?.seen).toHaveLength(2);
  });

  it('says how to go on where the rollout is paused', async () => {
    await serve([rollout('holding'), rollout('paused')]);
    expect(await wait()).toMatchObject({
      code: 4,
      err: 'resume it: millrace rollout resume fraud; roll it back: millrace rollout abort fraud\n',
    });
  });

  it('goes on while a step awaits approval, and says once how to approve it', async () => {
    const waiting = (phase: string) => rollout('awaiting_approval', { phase });
    await serve([
      waiting('step 1 waits'),
      waiting('step 1 waits'),
      waiting('step 2 waits'),
      waiting('step 2 waits'),
      rollout('done'),
    ]);
    expect(await wait()).toMatchObject({
      code: 0,
      err: ['step 1', 'step 2']
        .map((step) => `${step} waits: millrace rollout approve fraud, or ${server?.url}${PATH}/report\n`)
        .join(''),
    });
  });

  it('exits with 4 when the rollout is not over within --max-wait, after a look at its end', async () => {
    await serve([rollout('holding')]);
    expect(await wait('--max-wait', '2500ms')).toEqual({
      code: 4,
      out: `${HEAD}${STARTED}holding: it is holding\n`,
      err: 'stopped waiting after --max-wait; this does not stop the rollout\n',
    });
    expect(server?.seen).toHaveLength(4);
    expect((await wait('--max-wait', '0s')).code).toBe(4);
    expect(server?.seen).toHaveLength(5);
  });

  it('prints lines of JSON', async () => {
    await serve([rollout('holding'), rollout('aborted', { decisions: [ADVANCE, START] })]);
    const { code, out } = await wait('--json');
    expect(code).toBe(1);
    expect(
      out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      {
        event: 'rollout',
        id: 'first',
        model: 'fraud',
        stable: 3,
        canary: 4,
        started_at: '2026-11-27T13:00:00.000Z',
        started_by: 'ada',
      },
      { event: 'decision', ...START },
      { event: 'decision', ...ADVANCE },
      { event: 'ended', outcome: 'aborted', id: 'first', state: 'aborted', phase: 'it is aborted' },
    ]);
  });

  it('prints a reason as one line, whatever is in a note', async () => {
    await serve([rollout('aborted', { decisions: [decision(1, 'abort', 'aborted by ada: a\nb\u001b[2J')] })]);
    expect((await wait()).out).toBe(
      `${HEAD}2026-11-27 13:01:00 abort: aborted by ada: a\\u000ab\\u001b[2J\naborted: it is aborted\n`,
    );
  });

  it('refuses a duration that is none', async () => {
    expect(await run(['rollout', 'wait', 'fraud', '--max-wait', 'long'])).toMatchObject({
      code: 2,
      err: expect.stringContaining("Expected a duration such as 90s or 2h, got 'long'."),
    });
  });

  it('exits with 1 where the model has had no rollout', async () => {
    await serve([ERROR_404]);
    expect(await wait()).toEqual({ code: 1, out: '', err: "error: there has been no rollout of 'fraud'\n" });
  });

  it('exits with 3 at once where no server answers at first', async () => {
    const { code, err } = await wait('--url', 'http://127.0.0.1:9');
    expect(code).toBe(3);
    expect(err).toMatch(/^error: cannot reach http:\/\/127\.0\.0\.1:9: /);
  });
});

describe('rollout wait follows the rollout that it has found first', () => {
  const later = rollout('holding', { id: 'second', canary: 5 });
  const past = (state: RolloutState) => ({ ...rollout(state), reason: `${state} by ada` });

  it.each([
    ['done', 0],
    ['rolled_back', 1],
    ['aborted', 1],
  ] as const)('to %s, also when another one has begun since', async (state, code) => {
    await serve([rollout('holding'), later], [{ ...past('holding'), id: 'second' }, past(state)]);
    const expected = { code, err: "another rollout of 'fraud', to version 5, has begun since\n" };
    const last = `${state.replace('_', ' ')}: ${state} by ada\n`;
    expect(await wait()).toEqual({ ...expected, out: `${HEAD}${STARTED}${last}` });
    await serve([rollout('holding'), later], [past(state)]);
    const watched = await follow(['status', 'fraud', '--watch']);
    expect(watched).toMatchObject(expected);
    expect(watched.out.endsWith(last)).toBe(true);
  });

  it.each([
    ['has no rollout', ERROR_404, "there has been no rollout of 'fraud'"],
    ['has another one only', later, "another rollout of 'fraud' has begun"],
  ])('and fails where the server %s', async (_, answer, reason) => {
    await serve([rollout('holding'), answer]);
    expect(await wait()).toMatchObject({
      code: 1,
      err: `error: the server no longer knows the rollout of 'fraud' to version 4, so its outcome is unknown: ${reason}\n`,
    });
  });
});

describe('rollout wait goes on while the server restarts', () => {
  it('with a rollout that has gone on', async () => {
    await serve([rollout('holding'), undefined, undefined, undefined, AWAY, rollout('holding'), AWAY, rollout('done')]);
    const { code, out, err } = await wait();
    expect({ code, out }).toEqual({ code: 0, out: `${HEAD}${STARTED}done: it is done\n` });
    expect(err.replace(server?.url ?? '', 'URL')).toBe(
      'cannot reach URL: the connection was closed without an answer; does it take https://?; trying again for at most 5m\n' +
        'the server answers again\n' +
        'the server answered 504; trying again for at most 5m\nthe server answers again\n',
    );
  });

  it('for five minutes, and then exits with 3, as status --watch does', async () => {
    await serve([rollout('holding'), AWAY]);
    const { code, err } = await wait();
    expect(code).toBe(3);
    expect(err).toMatch(
      /^the server answered 504; trying again for at most 5m\nerror: the server has not answered for 5m: the server answered 504\n/,
    );
    // 0, 1, 3, 7, 15 seconds, and then every 15.
    expect(server?.seen).toHaveLength(1 + 5 + 19);
    await serve([rollout('holding'), AWAY]);
    expect((await follow(['status', 'fraud', '--watch'])).code).toBe(3);
  });

  it('no longer than --max-wait', async () => {
    await serve([rollout('holding'), AWAY]);
    const { code, err } = await wait('--max-wait', '5s', '--json');
    expect(code).toBe(3);
    expect(JSON.parse(err.split('\n')[1] ?? '')).toEqual({
      error: 'the server has not answered for 4s: the server answered 504',
      code: 'unavailable',
    });
  });

  it('but not where the server refuses', async () => {
    await serve([rollout('holding'), jsonAnswer({ error: { code: 'unauthenticated', message: 'no such key' } }, 401)]);
    expect(await wait()).toMatchObject({ code: 1, err: 'error: no such key\n' });
  });
});

describe.each(['wait', 'status'])('rollout %s ends at once', (command) => {
  const argv = command === 'status' ? [command, 'fraud', '--watch'] : [command, 'fraud'];

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('at %s between two looks, with exit code %i', async (signal, code) => {
    await serve([rollout('holding')]);
    expect(await follow(argv, { whileWaiting: (io) => io.signal(signal) })).toMatchObject({
      code,
      err: 'stopped waiting; this does not stop the rollout\n',
    });
    expect(server?.seen).toHaveLength(1);
  });

  it('at Ctrl-C during a request', async () => {
    await serve([rollout('holding'), { open: true }]);
    const io = createFakeIo({ clock });
    const ended = runCli(['rollout', ...argv], io);
    await until('it waits', () => clock.pendingTimers > 0);
    await clock.advance(1_000);
    await until('the second request is there', () => server?.seen.length === 2);
    io.signal('SIGINT');
    expect(await ended).toBe(130);
  });
});

describe('rollout status', () => {
  it('redraws a terminal with --watch, and writes documents elsewhere', async () => {
    const looks = [rollout('holding'), rollout('rolled_back')];
    await serve(looks);
    const { code, out } = await follow(['status', 'fraud', '--watch'], { terminal: true });
    expect(code).toBe(1);
    expect(out.split('\x1b[H\x1b[2J')).toHaveLength(2);
    await serve(looks);
    const plain = await follow(['status', 'fraud', '--watch', '--json']);
    expect(
      plain.out
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(looks);
  });

  it('exits with 0 without --watch, since it reports and waits for nothing', async () => {
    await serve([rollout('rolled_back')]);
    const { code, out, err } = await follow(['status', 'fraud']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(new RegExp(`\nreport: ${server?.url}${PATH}/report\n$`));
  });
});

describe('rollout start', () => {
  const start = (...argv: readonly string[]) => run(['rollout', 'start', 'fraud', '--to', '4', ...argv]);

  it('sends how many users there are, and that the rollout may be inconclusive; prints what a verdict needs', async () => {
    const forecast = {
      unit: 'users',
      step: 'step 1 of 2 (5 %)',
      weight: 5,
      metrics: [],
      counted: 0,
      sentence: 'step 1 of 2 (5 %) needs about 20,000 users',
    } as const;
    server = await startFakeServer(() => jsonAnswer(rollout('holding', { forecast })));
    vi.stubEnv('MILLRACE_URL', server.url);
    const { code, out } = await start('--sticky', 'header:x-user-id', '--users', '20000', '--allow-inconclusive');
    expect(code).toBe(0);
    expect(out).toContain('\nnext: nothing\nforecast: step 1 of 2 (5 %) needs about 20,000 users\n');
    expect(JSON.parse(String(server.seen[0]?.body))).toEqual({
      to: 4,
      sticky: { header: 'x-user-id' },
      users: 20_000,
      allow_inconclusive: true,
    });
  });

  it('refuses a number of users that is none', async () => {
    expect(await start('--users', 'many')).toMatchObject({
      code: 2,
      err: expect.stringContaining("Expected an integer, got 'many'."),
    });
  });
});
