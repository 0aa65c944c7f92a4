import { expect, it } from 'vitest';
import { found, GOOD_KEY } from '../../../test/support/doctor-facts.js';
import type { PartialSettings } from '../../config/index.js';
import { checkBindings } from './bindings.js';

const ISSUER = { issuer: 'https://a.example', name: 'acme', audience: 'millrace' };
const bound = (bindings: readonly object[], issuer: object = {}): PartialSettings =>
  // What has a default may be missing where settings are read.
  ({ auth: { issuers: [{ ...ISSUER, ...issuer }] as never, bindings: bindings as never } });

it('bindings are fine where somebody of each issuer has one', () => {
  expect(found(checkBindings, {})).toEqual([]);
  expect(found(checkBindings, { settings: bound([{ principal: 'oidc:acme/42', role: 'caller' }]) })).toEqual([]);
  const groups = { groupsClaim: 'groups', groupsPrefix: 'a:' };
  expect(found(checkBindings, { settings: bound([{ group: 'a:team', role: 'caller' }], groups) })).toEqual([]);
});

it('tells of issuers whose callers may do nothing', () => {
  const told = (who: string) =>
    `warning issuer-without-bindings auth.issuers[0]: who comes with a token of https://a.example may do nothing: no binding names any of them, or a group of theirs → auth: { bindings: [{ ${who}, role: caller }] }`;
  const of = (settings: PartialSettings) => found(checkBindings, { settings });
  expect(of(bound([]))).toEqual([told('principal: "oidc:acme/someone"')]);
  expect(of(bound([{ group: 'team', role: 'caller' }]))).toEqual([told('principal: "oidc:acme/someone"')]);
  const groups = { groupsClaim: 'groups', groupsPrefix: 'a:' };
  expect(of(bound([{ group: 'team', role: 'caller' }], groups))).toEqual([told('group: "a:team"')]);
});

it('tells of certificates by which one may do nothing; it is less where there are keys', () => {
  const tls = {
    certFile: '/s.crt',
    keyFile: '/s.key',
    clientCertificates: 'required',
    clientCaFile: '/ca.crt',
  } as const;
  const told =
    'certificates-without-bindings server.tls.clientCertificates: who comes with a certificate and nothing else may do nothing: no binding names a certificate or a group → auth: { bindings: [{ principal: "cert:client.example.com", role: caller }] }';
  expect(found(checkBindings, { settings: { server: { tls } } })).toEqual([`warning ${told}`]);
  const auth = { keys: [{ name: 'a', key: GOOD_KEY, scopes: [] }] };
  expect(found(checkBindings, { settings: { server: { tls }, auth } })).toEqual([`note ${told}`]);
  const bindings = [{ group: 'ops', role: 'caller' }];
  expect(found(checkBindings, { settings: { server: { tls }, auth: { bindings } } })).toEqual([]);
});

it('tells of bindings that speak of nothing that is there', () => {
  const bindings = [
    { group: 'qa', role: 'caller' },
    { group: 'qa', role: 'caller', models: ['fraud@canary', 'nothing'] },
    { group: 'qa', role: 'caller', models: ['live*'] },
    { group: 'qa', role: 'viewer', models: ['fruad'] },
    { principal: 'key:ci', role: 'caller', models: ['credits', 'x*'] },
  ];
  const settings = { auth: { bindings } };
  expect(found(checkBindings, { settings, served: ['fraud', 'credit', 'live-fraud'] })).toEqual([
    'note binding-without-match auth.bindings[3]: no model or route has a name that these bindings speak of: fruad (auth.bindings[3]), credits x* (auth.bindings[4]) → auth: { bindings: [{ group: "qa", role: viewer, models: ["fraud"] }] }',
  ]);
  expect(found(checkBindings, { settings, served: undefined })).toEqual([]);
});
