import { expect, it } from 'vitest';
import { startAppServer } from '../support/app-server.js';
import { startIssuerServer } from '../support/issuer-server.js';
import { issuerOptions } from '../support/token-issuer.js';

const MODEL = `runtime: echo
inputs: [{ name: x, datatype: INT32, shape: [1] }]
outputs: [{ name: x, datatype: INT32, shape: [1] }]
instances: { placement: inline }
`;
const X = { inputs: [{ name: 'x', datatype: 'INT32', shape: [1], data: [1] }] };

it('members of a group, which their tokens name, share its quota, and see of others nothing', async () => {
  await using idp = await startIssuerServer();
  const issuers = [issuerOptions({ issuer: idp.issuer.url, name: 'corp', groupsClaim: 'groups' })];
  const bindings = ['fraud', 'risk'].map((group) => ({ group, role: 'caller', models: ['m'] }));
  await using server = await startAppServer(
    { 'm/model.yaml': MODEL, 'm/1/x': '' },
    {
      auth: { issuers, bindings },
      quotas: [{ name: 'teams', group: '*', requestsPerSecond: 0.001, burst: 2 }],
    },
  );
  const as = (sub: string, ...groups: readonly string[]) => ({
    authorization: `Bearer ${idp.issuer.token({ claims: { sub, groups } })}`,
  });
  const [alice, bob, eve] = [as('alice', 'fraud'), as('bob', 'fraud'), as('eve', 'risk')];
  const statuses = [];
  for (const who of [alice, bob, alice, bob, eve]) statuses.push((await server.infer('m', X, who)).status);
  expect(statuses).toEqual([200, 200, 429, 429, 200]);
  const seen = JSON.parse((await server.send('GET /millrace/v1/quotas', '', eve)).body.toString());
  expect(seen.quotas).toMatchObject([{ quota: 'teams', group: 'risk', limits: [{ allowed: 2 }] }]);
  expect(seen.quotas).toHaveLength(1);
});
