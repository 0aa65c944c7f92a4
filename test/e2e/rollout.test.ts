import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { control, echoModel } from '../support/control-fixture.js';
import { AS_ADA, AS_EVE, type RolloutServer, startRolloutServer } from '../support/rollout-server.js';
import { until } from '../support/until.js';

const MODELS = {
  'fraud/model.yaml': echoModel('versions: all'),
  'fraud/3/': '',
  'fraud/4/': '',
  'owned/model.yaml': echoModel('versions: all\nlabels: { stable: 1 }'),
  'owned/1/': '',
  'owned/2/': '',
  'odd/model.yaml': 'versions: all\n',
  'odd/1/model.js':
    "export default { inputs: { x: 'INT32[1]' }, outputs: { y: 'INT32[2]' }, infer: () => ({ y: [1, 2] }) };",
  'odd/2/model.js':
    "export default { inputs: { x: 'INT32[1]' }, outputs: { y: 'INT32[1]' }, infer: () => ({ y: [1] }) };",
};

let rollout: RolloutServer;
async function start(): Promise<void> {
  const routes = { taken: { arms: [{ model: 'fraud', version: 3, weight: 1 }] } };
  rollout = await startRolloutServer(MODELS, { fraud: 3 }, { routes });
}
const stop = () => rollout[Symbol.asyncDispose]();

const api: RolloutServer['api'] = (line, body) => rollout.api(line, body);
const cli: RolloutServer['cli'] = (...argv) => rollout.cli(...argv);
const reaches = (...states: readonly string[]) => rollout.reaches('fraud', ...states);
const ROLLOUT = 'models/fraud/rollout';
/** Short, and nothing certain is needed. */
const QUICK = { to: 4, steps: [20, 100], hold_ms: 300, min_requests: 0, max_hold_ms: 300, on_inconclusive: 'proceed' };
const STILL = { to: 4, steps: [50, 100], hold_ms: 600_000 };

/** The version that answers one request for the bare name. */
async function ask(): Promise<string | undefined> {
  const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
  const { status, headers } = await rollout.server.send('POST /v2/models/fraud/infer', body, AS_ADA);
  expect(status).toBe(200);
  return headers['x-millrace-model'];
}

describe('a rollout', () => {
  beforeEach(start);
  afterEach(stop);

  it('keeps its labels to itself until it is over', async () => {
    await api(`POST ${ROLLOUT}`, STILL);
    const labels = async (changes: object) => {
      const { status, body } = await api('PATCH models/fraud/labels', changes);
      return status === 200 ? status : body.error.message;
    };
    const message = (label: string) =>
      `label '${label}' of model 'fraud' belongs to its rollout to version 4: promote or abort that first`;
    expect(await labels({ stable: 4 })).toBe(message('stable'));
    expect(await labels({ canary: null })).toBe(message('canary'));
    expect(await labels({ other: 3 })).toBe(200);
    await api(`POST ${ROLLOUT}/abort`);
    expect(await labels({ stable: 4 })).toBe(200);
  });

  it('takes the bare name from one version to the other, and tells how', async () => {
    expect(await ask()).toBe('fraud/3');
    const { status, body } = await api(`POST ${ROLLOUT}`, QUICK);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      model: 'fraud',
      stable: 3,
      canary: 4,
      state: 'holding',
      step: 1,
      weight: 20,
      started_by: 'ada',
      phase: 'step 1 of 2 (20 %) is being held',
      decisions: [{ by: 'ada', action: 'start' }],
      forecast: {
        unit: 'requests',
        weight: 20,
        step: 'step 1 of 2 (20 %)',
        counted: 0,
        metrics: [{ name: 'errors' }, {}, {}],
      },
    });
    expect(body.forecast.sentence).toMatch(
      /^step 1 of 2 \(20 %\) needs about [\d,]+ requests, [\d,]+ of them of version 4, to know/,
    );
    const seen = new Set<string | undefined>();
    await until('it is over', async () => {
      seen.add(await ask());
      return (await api(`GET ${ROLLOUT}`)).body.state === 'done';
    });
    expect([...seen].sort()).toEqual(['fraud/3', 'fraud/4']);
    for (let count = 0; count < 20; count++) expect(await ask()).toBe('fraud/4');
    expect((await api('GET models/fraud/labels')).body.labels).toMatchObject([{ label: 'stable', version: 4 }]);
    expect((await api('GET rollouts')).body).toEqual({ rollouts: [] });
    const over = await reaches('done');
    expect(over.decisions.map((decision: { action: string }) => decision.action)).toEqual([
      'finish',
      'promote',
      'advance',
      'start',
    ]);
    expect(over.verdict.metrics[0].name).toBe('errors');
    expect(over.forecast).toBeUndefined();
    expect(over.timeline.length).toBeGreaterThan(0);
    expect(over.commands).toEqual([]);
    const { body: evidence } = await api(`GET ${ROLLOUT}/evidence`);
    expect(evidence).toMatchObject({ id: over.id, model: 'fraud' });
    type Point = { readonly at: string; readonly weight: number };
    expect(evidence.points.map(({ at, weight }: Point) => ({ at, weight }))).toEqual(
      over.timeline.map(({ at, weight }: Point) => ({ at, weight })),
    );
    // One for each step, and for the end, when the label has moved.
    expect(new Set(evidence.points.map(({ weight }: Point) => weight))).toEqual(new Set([20, 100, 0]));
    const [errors] = evidence.points.at(-1).metrics;
    const { name, kind, margin, limit, observations } = over.verdict.metrics[0];
    expect(errors).toMatchObject({ name, kind, margin, limit, observations, difference: { low: expect.any(Number) } });
    expect(margin).toEqual({ low: -1, high: 0.02 });
    const { body: history } = await api(`GET ${ROLLOUT}/history`);
    expect(history.rollouts).toMatchObject([
      { stable: 3, canary: 4, state: 'done', reason: "'fraud' stands for version 4 now" },
    ]);
  });

  it('keeps users on their version, where it is told by what', async () => {
    await api(`POST ${ROLLOUT}`, { ...STILL, sticky: { header: 'x-user-id' } });
    const body = JSON.stringify({ inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [7] }] });
    for (let user = 0; user < 10; user++) {
      const asked = () =>
        rollout.server.send('POST /v2/models/fraud/infer', body, { ...AS_ADA, 'x-user-id': `user-${user}` });
      const [first, second] = [await asked(), await asked()];
      expect(first.headers['x-millrace-model']).toBe(second.headers['x-millrace-model']);
    }
  });

  it('does what people ask for, on the command line', async () => {
    const started = await cli('rollout', 'start', 'fraud', '--to', '4', '--steps', '50,100', '--hold', '10m');
    expect(started.code).toBe(0);
    expect(started.out).toMatch(
      /^fraud: version 3 → 4, begun .* by ada\nholding: step 1 of 2 \(50 %\) is being held, /,
    );
    expect((await cli('rollout', 'list')).out).toMatch(/fraud +3 → 4 +1 of 2 +50 % +holding +open/);
    expect((await cli('rollout', 'pause', 'fraud', '--note', 'lunch')).out).toContain('paused by ada: lunch');
    const again = await cli('rollout', 'pause', 'fraud');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('there is nothing to pause: step 1 of 2') });
    expect((await cli('rollout', 'resume', 'fraud')).code).toBe(0);
    expect((await cli('rollout', 'abort', 'fraud')).out).toContain(
      "aborted: the rollout of 'fraud' to version 4 is over",
    );
    for (let count = 0; count < 20; count++) expect(await ask()).toBe('fraud/3');
    const { out } = await cli('rollout', 'status', 'fraud', '--watch');
    expect(out).toMatch(/errors +open/);
    expect((await cli('rollout', 'history', 'fraud')).out).toMatch(/ada +3 → 4 +aborted +aborted by ada/);
  });

  it('waits for approval where it is told to', async () => {
    const flags = ['--steps', '50,100', '--hold', '0s', '--min-requests', '0', '--max-hold', '0s'];
    const policy = ['--on-inconclusive', 'proceed', '--approve-before', '100,promotion'];
    await cli('rollout', 'start', 'fraud', '--to', '4', ...flags, ...policy);
    for (const waiting of ['step 2 of 2 (100 %)', 'the promotion of version 4']) {
      await until(waiting, async () => (await api(`GET ${ROLLOUT}`)).body.phase === `${waiting} waits for approval`);
      expect((await api(`GET ${ROLLOUT}`)).body.commands).toEqual(['approve', 'promote', 'abort']);
      const seen = await control(rollout.server, `GET ${ROLLOUT}`, { headers: AS_EVE });
      expect(seen).toMatchObject({ status: 200, body: { commands: [] } });
      expect((await cli('rollout', 'approve', 'fraud')).code).toBe(0);
    }
    await reaches('done');
  });

  it('is seen in metrics and in the log', async () => {
    await api(`POST ${ROLLOUT}`, STILL);
    const body = await fetchMetrics();
    expect(body).toMatch(/^millrace_rollout_share\{canary="4",model="fraud",stable="3"\} 0.5$/m);
    expect(body).toMatch(/^millrace_rollout_step\{.*\} 1$/m);
    expect(body).toMatch(/^millrace_rollout_evidence\{.*metric="errors".*\} \d/m);
    expect(body).toMatch(/^millrace_rollout_decisions_total\{action="start",model="fraud"\} 1$/m);
    await api(`POST ${ROLLOUT}/abort`, { note: 'enough' });
    expect(rollout.server.log.map(({ msg }) => msg)).toContain('rollout of fraud to version 4: aborted by ada: enough');
  });
});

async function fetchMetrics(): Promise<string> {
  const { metrics, http } = rollout.server.addresses;
  const { port } = metrics ?? http;
  return (await fetch(`http://127.0.0.1:${port}/metrics`, { headers: AS_ADA })).text();
}

describe('a rollout is refused', () => {
  beforeAll(start);
  afterAll(stop);

  it.each<[string, object, number, string]>([
    ['fraud', { to: 9 }, 409, "version 9 of model 'fraud' does not serve: served are 3, 4"],
    [
      'fraud',
      { to: 3 },
      409,
      "'fraud' stands for version 3 already: give the label 'stable' to the version that it is to go over from",
    ],
    ['fraut', { to: 4 }, 404, "Request for unknown model: 'fraut' is not found"],
    [
      'taken',
      { to: 4 },
      409,
      "'taken' is the name of a route, which says who gets which version: change its weights, or delete it first",
    ],
    ['owned', { to: 2 }, 409, "label 'stable' of model 'owned' is written in owned/model.yaml:6:11: change it there"],
    ['odd', { to: 1 }, 409, "odd/1 cannot take the place of odd/2: its output 'y' is INT32[2], not INT32[1]"],
    ['fraud', { to: 4, steps: [5, 50] }, 400, 'steps: expected 100 percent as the last one, got 50'],
    [
      'fraud',
      { to: 4, steps: [50, 5, 100] },
      400,
      'steps[1]: expected more than the 50 percent of the step before, got 5',
    ],
    ['fraud', { to: 4, steps: [-5, 100] }, 400, 'steps[0]: expected more than 0 and at most 100 percent, got -5'],
    [
      'fraud',
      { to: 4, sticky: {} },
      400,
      'sticky: expected one of header, cookie, parameter, principal or trace, got none',
    ],
    [
      'fraud',
      { to: 4, users: 1_000 },
      400,
      'users: expected with `sticky` only, without which each request counts for itself',
    ],
    [
      'fraud',
      { to: 4, users: 1_000, sticky: { principal: true }, steps: [100] },
      409,
      'version 4 cannot be judged by 1,000 users: step 1 of 1 (100 %) leaves none of them to the other version; start it anyway with `allow_inconclusive`',
    ],
  ])('%s %j', async (model, body, status, message) => {
    expect(await api(`POST models/${model}/rollout`, body)).toMatchObject({ status, body: { error: { message } } });
    expect((await api('GET rollouts')).body).toEqual({ rollouts: [] });
  });

  it('where there is none, for what is asked of one', async () => {
    expect(await api(`POST ${ROLLOUT}/approve`, {})).toMatchObject({
      status: 409,
      body: { error: { message: "there is no rollout of 'fraud' that is not over" } },
    });
    expect(await api(`GET ${ROLLOUT}`)).toMatchObject({
      status: 404,
      body: { error: { message: "there has been no rollout of 'fraud'" } },
    });
  });

  it('by the command line where there are too few users, with the figures and what would help', async () => {
    const flags = ['fraud', '--to', '4', '--steps', '20,100', '--sticky', 'principal', '--users', '500'];
    const { code, err } = await cli('rollout', 'start', ...flags);
    expect(code).toBe(1);
    expect(err).toMatch(
      /^error: version 4 cannot be judged by 500 users: step 1 of 2 \(20 %\) needs about [\d,]+, [\d,]+ of them with this version, to know/,
    );
    expect(err).toMatch(/start it anyway with `allow_inconclusive`\n$/);
    const started = await cli('rollout', 'start', ...flags, '--allow-inconclusive');
    expect(started.out).toMatch(/\nholding: step 1 of 2 \(20 %\) is being held, /);
    expect((await api(`GET ${ROLLOUT}`)).body.plan.users).toBe(500);
    await api(`POST ${ROLLOUT}/abort`);
  });

  it('while one of the model runs', async () => {
    await api(`POST ${ROLLOUT}`, STILL);
    expect(await api(`POST ${ROLLOUT}`, STILL)).toMatchObject({
      status: 409,
      body: {
        error: {
          code: 'already_exists',
          message: "a rollout of 'fraud' to version 4 is not over: step 1 of 2 (50 %) is being held",
        },
      },
    });
  });
});
