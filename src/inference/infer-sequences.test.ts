import { expect, it } from 'vitest';
import { callOf, request } from '../../test/support/engine-fixture.js';
import { createInferFixture, version } from '../../test/support/infer-fixture.js';
import { principalWith } from '../../test/support/principals.js';
import { createRoutes } from '../routing/index.js';

const ALICE = principalWith('alice', 'caller');
const BOB = principalWith('bob', 'caller');
const NEITHER = { start: false, end: false };
const routeTo = (name: string, number: number) =>
  createRoutes({ [name]: { arms: [{ model: 'm', version: number, weight: 1 }], rules: [], fallback: [] } }).routes;

/** With versions 1 and 2 of the model `m`; `send` says which version a request of a sequence has gone to. */
function createFixture() {
  const fixture = createInferFixture();
  const { resolve, infer, given, refs, serving } = fixture;
  serving.push(version(2, 2));
  const send = (
    name: string,
    sequence: { readonly id: bigint; readonly start: boolean; readonly end: boolean },
    by = ALICE,
  ) => {
    const asked = callOf(by);
    const result = infer(asked, resolve(asked, { name, version: undefined }), request(1, { sequence }));
    result.catch(() => undefined);
    const { timing } = asked;
    return { version: timing.answeredBy?.version, route: timing.route, result };
  };
  return { ...fixture, send, given, refs };
}

it('a sequence stays on its version when its route is replaced, or gone', async () => {
  const { send, routes, refs } = createFixture();
  routes.replace('api', routeTo('live', 1));
  expect(send('live', { id: 7n, start: true, end: false })).toMatchObject({ version: 1, route: 'live' });
  routes.replace('api', routeTo('live', 2));
  expect(send('live', { id: 7n, ...NEITHER })).toMatchObject({ version: 1, route: 'live' });
  expect(send('live', { id: 8n, start: true, end: false })).toMatchObject({ version: 2 });
  routes.replace('api', []);
  expect(send('live', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
  expect(send('live', { id: 8n, start: false, end: true })).toMatchObject({ version: 2 });
  const message = "model 'live' is not found";
  await expect(send('live', { id: 9n, start: true, end: false }).result).rejects.toThrow(message);
  await expect(send('live', { id: 8n, ...NEITHER }).result).rejects.toThrow(message);
  expect(send('live', { id: 7n, start: false, end: true })).toMatchObject({ version: 1 });
  expect(() => send('live', { id: 7n, ...NEITHER })).toThrow(message);
  expect(refs).toHaveLength(6);
});

it('a sequence stays on its version when a label moves, or a route takes the name of its model', () => {
  const { send, routes, labels } = createFixture();
  labels.set('stable', 1);
  expect(send('m', { id: 7n, start: true, end: false })).toMatchObject({ version: 1, route: '' });
  labels.set('stable', 2);
  expect(send('m', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
  routes.replace('rollout', routeTo('m', 2));
  expect(send('m', { id: 7n, ...NEITHER })).toMatchObject({ version: 1, route: '' });
  expect(send('m', { id: 8n, start: true, end: false })).toMatchObject({ version: 2, route: 'm' });
  expect(send('m', { id: 7n, start: false, end: true })).toMatchObject({ version: 1, route: '' });
  expect(send('m', { id: 7n, start: true, end: false })).toMatchObject({ version: 2, route: 'm' });
});

it('a sequence whose version is gone is resolved anew', () => {
  const { send, serving } = createFixture();
  expect(send('m', { id: 7n, start: true, end: false })).toMatchObject({ version: 2 });
  serving.pop();
  expect(send('m', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
});

it('a sequence stays on its version whatever another owner does with the same id', async () => {
  const { send, routes } = createFixture();
  routes.replace('api', routeTo('live', 1));
  expect(send('live', { id: 7n, start: true, end: false })).toMatchObject({ version: 1 });
  routes.replace('api', routeTo('live', 2));
  expect(send('live', { id: 7n, ...NEITHER }, BOB)).toMatchObject({ version: 2 });
  expect(send('live', { id: 7n, start: true, end: false }, BOB)).toMatchObject({ version: 2 });
  expect(send('live', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
  expect(send('live', { id: 7n, start: false, end: true }, BOB)).toMatchObject({ version: 2 });
  expect(send('live', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
  routes.replace('api', []);
  expect(send('live', { id: 7n, ...NEITHER })).toMatchObject({ version: 1 });
  // Nothing says that another caller's sequences run by a name that is gone.
  const gone = "model 'live' is not found";
  expect(() => send('live', { id: 7n, ...NEITHER }, BOB)).toThrow(gone);
});
