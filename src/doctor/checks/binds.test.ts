import { describe, expect, it } from 'vitest';
import { factsWith, found, GOOD_KEY } from '../../../test/support/doctor-facts.js';
import { checkBinds } from './binds.js';

const KEYS = [{ name: 'ci', key: GOOD_KEY, scopes: ['infer'] }] as const;
const ADD_KEY = "auth: { keys: [{ name: me, key: '${file:me.key}' }] }";

describe('binds', () => {
  it.each([
    ['loopback', {}],
    ['loopback with keys', { auth: { keys: KEYS } }],
    [
      'all addresses with keys and TLS',
      {
        auth: { keys: KEYS },
        server: { host: '0.0.0.0', tls: { certFile: 'a', keyFile: 'b' } },
      },
    ],
    ['some origins', { server: { cors: { origins: ['https://a.example'] } } }],
  ])('%s are fine', (_, settings) => expect(found(checkBinds, { settings })).toEqual([]));

  it('open to everybody', () => {
    const settings = { auth: { allowAnonymous: true }, server: { host: '0.0.0.0' } };
    expect(found(checkBinds, { settings })).toEqual([
      `warning open-to-everybody auth.allowAnonymous: everybody who reaches 0.0.0.0 may use the server, without a key → ${ADD_KEY}`,
      `warning metrics-open server.metricsPort: metrics on port 8002 tell everybody who reaches 0.0.0.0 which models there are and how they are used → ${ADD_KEY}`,
    ]);
    const closed = { ...settings, telemetry: { metrics: false } };
    expect(found(checkBinds, { settings: closed })).toHaveLength(1);
  });

  it('open to everybody who changes what is served', () => {
    const settings = {
      auth: { allowAnonymous: true, anonymousScopes: ['infer', 'manage'] as const },
      server: { host: '::' },
    };
    expect(found(checkBinds, { settings })).toEqual([
      `error open-to-everybody auth.anonymousScopes: everybody who reaches :: may infer and change what is served, without a key → ${ADD_KEY}`,
    ]);
  });

  it('with keys in the clear', () => {
    const settings = {
      auth: { keys: KEYS, allowAnonymous: true },
      server: { host: '10.0.0.1' },
      repository: { controlMode: 'explicit' as const },
    };
    expect(found(checkBinds, { settings })).toEqual([
      'warning no-tls server.tls.certFile: keys and requests cross the network in the clear: 10.0.0.1 is reachable from other machines, and there is no TLS → server: { tls: { certFile: server.crt, keyFile: server.key } }',
      'note control-with-requests server.adminPort: models are loaded and unloaded on the port that every caller reaches → server: { adminPort: 8003 }',
      'note anonymous-without-effect auth.allowAnonymous: auth.allowAnonymous changes nothing as long as there are keys: every caller needs one → auth: { allowAnonymous: false }',
    ]);
  });

  it('of a root server that users of the machine control', () => {
    const settings = { repository: { controlMode: 'explicit' as const } };
    const { machine } = factsWith();
    const finding =
      'warning local-control-as-root auth.required: the server runs as root, and without keys every user of this machine loads and unloads its models in explicit mode: run it as another user, or set auth.required → auth: { required: true }';
    expect(found(checkBinds, { settings, machine: { ...machine, uid: 0 } })).toEqual([finding]);
    expect(found(checkBinds, { settings, machine })).toEqual([]);
  });

  it('that pages in a browser reach', () => {
    const settings = { server: { allowedHosts: ['*'], cors: { origins: ['*'] } } };
    expect(found(checkBinds, { settings })).toEqual([
      'warning any-host server.allowedHosts: any name in Host is accepted on loopback: a web page can reach the server by DNS rebinding → server: { allowedHosts: [models.example.com] }',
      'warning any-origin server.cors.origins: web pages of any origin may call the server from a browser → server: { cors: { origins: ["https://app.example.com"] } }',
    ]);
    const [, withKeys] = found(checkBinds, { settings: { ...settings, auth: { keys: KEYS } } });
    expect(withKeys).toMatch(/^note any-origin /);
  });
});
