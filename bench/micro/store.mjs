/**
 * What the store costs: changes a second, one behind the other and many at once (group commit); a decision when few and when 10,000 are
 * stored; and what an inference pays whose answer is noted. Usage: npm run build && node bench/micro/store.mjs [folder]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compileSource } from '../../scripts/compile-source.mjs';
import { bestOf, VARIANTS } from './best-of.mjs';

const dist = path.resolve(import.meta.dirname, '../../dist');
const [{ openStore }, { systemClock, Call, EventBus }] = await Promise.all(
  ['store', 'core'].map((room) => import(`${dist}/${room}/index.js`)),
);
const { AnswerNotes } = await import(await compileSource('service/outcomes/answer-notes'));

const [, , parent = tmpdir()] = process.argv;
const folder = await mkdtemp(path.join(parent, 'millrace-bench-'));
const store = openStore({ path: path.join(folder, 'store.db'), maxSizeBytes: 2 ** 30 }, systemClock);
const BY = { principal: 'bench', atMs: 0 };

const row = (name, value, unit) => console.log(`${name.padEnd(52)} ${value.padStart(10)} ${unit}`);

async function timed(work) {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Microseconds for each of so many. */
async function timedEach(count, work) {
  return (((await timed(work)) * 1_000) / count).toFixed(1);
}

async function changesPerSecond(total, atOnce) {
  let next = 0;
  const change = (name) => store.declarations.change([{ kind: 'route', name, value: { arms: [1, 2, 3] } }], BY);
  const lane = async () => {
    while (next < total) await change(`r${next++ % 100}`);
  };
  const ms = await timed(() => Promise.all(Array.from({ length: atOnce }, lane)));
  return ((total / ms) * 1_000).toFixed(0);
}

async function decide(count) {
  const decision = { atMs: 0, by: 'bench', action: 'hold', reason: 'Not known yet.', numbers: { p: 0.5 } };
  const next = { state: { step: 1 }, isOver: false, decision };
  for (let from = 0; from < count; from += 200) {
    await Promise.all(Array.from({ length: 200 }, () => store.rollouts.decide('1', next)));
  }
}

await store.snapshots.put('warm', 'up', 1);
row('changes, one behind the other', await changesPerSecond(300, 1), '/s');
row('changes, 64 at once', await changesPerSecond(6_000, 64), '/s');
row('changes, 256 at once', await changesPerSecond(6_000, 256), '/s');

const record = { id: '1', model: 'm', plan: {}, state: {}, isOver: false, startedAtMs: 0, startedBy: 'bench' };
await store.rollouts.begin(record, { atMs: 0, by: 'bench', action: 'start', reason: '', numbers: null });
row('a decision, the first 1,000, 200 at once', await timedEach(1_000, () => decide(1_000)), 'µs');
await decide(8_000);
row('a decision, with 9,000 stored', await timedEach(1_000, () => decide(1_000)), 'µs');

const outcomes = { kind: 'binary', low: 0, high: 1, better: 'higher', windowMs: 604_800_000, missing: undefined };
const choice = {
  route: { name: 'r', outcomes, rules: [], arms: [{ name: 'canary', weight: 1 }] },
  arm: { name: 'canary', weight: 1 },
  info: { ref: { name: 'm', version: 4, generation: 1 } },
};
const records = { ...store.outcomes, note: () => Promise.resolve() };
const notes = new AnswerNotes({ records, clock: systemClock, events: new EventBus(), onMissing: () => undefined });
const principal = { name: 'p', scopes: new Set() };
let count = 0;
const calls = Array.from({ length: VARIANTS }, () => {
  return new Call({ requestId: `id-${count++}`, principal, trace: undefined, deadlineAt: 0, receivedAt: 0 });
});
const [noted] = bestOf([(variant) => notes.began(choice, calls[variant], {})?.onEnd(undefined)]);
row('noting an answer, on the event loop', noted.toFixed(2), 'µs');

const terms = { kind: 'binary', low: 0, high: 1, better: 'higher', missing: undefined };
const answered = {
  principal: 'p',
  route: 'r',
  arm: 'a',
  model: 'm',
  version: 1,
  share: 1,
  answeredAtMs: 0,
  expiresAtMs: 1e15,
};
const many = Array.from({ length: 10_000 }, (_, index) => ({ ...answered, ...terms, requestId: `n-${index}` }));
const noteUs = await timedEach(many.length, async () => {
  for (let from = 0; from < many.length; from += 1_000) await store.outcomes.note(many.slice(from, from + 1_000));
});
row('noting an answer, in the thread, 1,000 at once', noteUs, 'µs');
const told = many.slice(0, 900);
const joinUs = await timedEach(told.length, () =>
  Promise.all(told.map(({ requestId }) => store.outcomes.join({ principal: 'p', requestId, value: 1, atMs: 1 }))),
);
row('an outcome, 900 at once', joinUs, 'µs');

await store.close();
await rm(folder, { recursive: true });
