import { afterAll, beforeAll, expect, it } from 'vitest';
import { control } from '../support/control-fixture.js';
import { TRAFFIC_CALLS } from '../support/traffic-calls.js';
import { TRAFFIC_MODELS, TrafficServer } from '../support/traffic-server.js';

const ROUNDS = 3;

let traffic: TrafficServer;
beforeAll(async () => {
  traffic = await TrafficServer.start();
});
afterAll(() => traffic[Symbol.asyncDispose]());

/** Moves the labels of all models, and the weights of all routes. */
async function change(round: number): Promise<void> {
  const [stable, weight] = [1 + (round % 2), 10 + 10 * (round % 9)];
  const routes = TRAFFIC_MODELS.map((model) => {
    const arms = [
      { model, version: 1, weight },
      { model, version: 2, weight: 100 - weight },
    ];
    return [`${model}-live`, { arms, ...(round % 3 === 0 && { sticky: { header: 'x-user-id' } }) }];
  });
  const answers = await Promise.all([
    control(traffic.server, 'PUT routes', { body: { routes: Object.fromEntries(routes) } }),
    ...TRAFFIC_MODELS.map((model) => control(traffic.server, `PATCH models/${model}/labels`, { body: { stable } })),
  ]);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
}

it('no request of any protocol fails while labels and routes change', { timeout: 120_000 }, async () => {
  await change(0);
  let over = false;
  let changes = 0;
  const changing = (async () => {
    while (!over) await change(++changes);
  })();
  const answered = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const call of TRAFFIC_CALLS) {
      const { kind } = call;
      const requests = [`${kind}-live`, kind, `${kind}@stable`].map((name) => traffic.ask(call, name));
      for (const { model } of await Promise.all(requests)) answered.add(model);
    }
  }
  over = true;
  await changing;
  expect(changes).toBeGreaterThan(10);
  expect([...answered].sort()).toEqual(TRAFFIC_MODELS.flatMap((kind) => [`${kind}/1`, `${kind}/2`]).sort());
});
