import { describe, expect, it } from 'vitest';
import { createSettings, type PartialSettings } from './index.js';

const key = (name: string, text = `${name}-0123456789abcdef`) => ({ name, key: text, scopes: ['infer' as const] });

describe('settings that contradict each other are refused', () => {
  it.each<[string, PartialSettings, string]>([
    [
      'a certificate without its key',
      { server: { tls: { certFile: 'a.pem' } } },
      'server.tls.certFile is set without server.tls.keyFile: TLS needs both',
    ],
    [
      'a key without its certificate',
      { server: { tls: { keyFile: 'a.key' } } },
      'server.tls.keyFile is set without server.tls.certFile: TLS needs both',
    ],
    [
      'client certificates without TLS, and of nobody',
      { server: { tls: { clientCertificates: 'optional' } } },
      'server.tls.clientCertificates optional needs server.tls.certFile\n' +
        '  server.tls.clientCertificates optional needs server.tls.clientCaFile',
    ],
    [
      'authorities of clients that are asked for nothing',
      { server: { tls: { clientCaFile: 'ca.pem' } } },
      'server.tls.clientCaFile needs server.tls.clientCertificates optional or required, got none',
    ],
    ['one port for two', { server: { metricsPort: 8000 } }, 'server.metricsPort and server.httpPort are both 8000'],
    ['a port of a dialect for two', { oip: { httpPort: 8000 } }, 'oip.httpPort and server.httpPort are both 8000'],
    [
      'an address that others reach, without keys',
      { server: { host: '0.0.0.0' } },
      'server.host: refusing to listen on 0.0.0.0',
    ],
    [
      'a pattern that is none',
      { server: { httpHeaderForwardPattern: 'x-(', grpcHeaderForwardPattern: '(?-i)x-' } },
      'server.httpHeaderForwardPattern: Invalid regular expression: /x-(/iu: Unterminated group',
    ],
    [
      'a trusted parent that is no address',
      { telemetry: { trustParent: { proxies: ['gateway.internal'] } } },
      "telemetry.trustParent.proxies[0]: expected an IP address, a network such as 10.0.0.0/8, or unix, got 'gateway.internal'",
    ],
    [
      'a trusted proxy that is no address',
      { server: { trustedProxies: ['10.0.0.0/8', 'gateway.internal'] } },
      "server.trustedProxies[1]: expected an IP address, a network such as 10.0.0.0/8, or unix, got 'gateway.internal'",
    ],
    [
      'two keys of one name',
      { auth: { keys: [key('a', 'x'.repeat(20)), key('a')] } },
      "auth.keys[1].name: 'a' is taken already",
    ],
    [
      'one key under two names',
      { auth: { keys: [key('a', 'x'.repeat(20)), key('b', 'x'.repeat(20))] } },
      'auth.keys[1].key is the same as auth.keys[0].key',
    ],
    [
      'models to load without explicit mode',
      { repository: { loadModels: ['a'] } },
      'repository.loadModels needs repository.controlMode explicit, got none',
    ],
    [
      'sources to pull without explicit mode',
      { sources: { allow: ['npm:*'] } },
      'sources.allow needs repository.controlMode explicit, got none',
    ],
    [
      'a pattern of sources that is none',
      { sources: { allow: ['npm:*', 'models/*'] }, repository: { controlMode: 'explicit' } },
      "sources.allow[1]: 'models/*' is not a pattern of sources; expected npm:<package>[@<version>]",
    ],
    [
      'a longest back-off below the first',
      { engine: { restartBackoffMs: 500, maxRestartBackoffMs: 100 } },
      'engine.maxRestartBackoffMs: expected at least engine.restartBackoffMs (500), got 100',
    ],
    [
      'a resource without a count',
      { engine: { rateLimitResources: ['R1:4', 'R2'] } },
      "engine.rateLimitResources: expected name:count or name:count:device, got 'R2'",
    ],
    [
      'the level of a room that is none',
      { telemetry: { logLevels: { engin: 'info' } } },
      'telemetry.logLevels: unknown room engin; did you mean engine?',
    ],
  ])('%s', (_what, settings, message) => {
    expect(() => createSettings(settings)).toThrow(message);
  });

  it.each<[string, PartialSettings]>([
    ['ports that the system chooses', { server: { httpPort: 0, metricsPort: 0, adminPort: 0 } }],
    ['ports that are not there', { server: { metricsPort: -1, adminPort: -1 } }],
    ['an address that others reach, with a key', { server: { host: '0.0.0.0' }, auth: { keys: [key('a')] } }],
    ['an address that others reach, opened on purpose', { server: { host: '::' }, auth: { allowAnonymous: true } }],
    ['models to load in explicit mode', { repository: { loadModels: ['*'], controlMode: 'explicit' } }],
    ['certificate and key', { server: { tls: { certFile: 'a.pem', keyFile: 'a.key' } } }],
  ])('but not %s', (_what, settings) => {
    expect(() => createSettings(settings)).not.toThrow();
  });
});

it("a port of a dialect that is off is nobody's", () => {
  expect(() => createSettings({ oip: { enabled: false, httpPort: 8000 } })).not.toThrow();
});

describe('routes', () => {
  const parse = (routes: object) => createSettings({ routes } as PartialSettings).routes;

  it('are completed', () => {
    expect(parse({ live: { arms: [{ model: 'fraud', label: 'stable' }], outlierDetection: {} } })).toEqual({
      live: {
        arms: [{ model: 'fraud', label: 'stable', weight: 1 }],
        rules: [],
        fallback: [],
        outlierDetection: { consecutiveErrors: 5, ejectionMs: 30_000, maxEjectionMs: 300_000 },
      },
    });
  });

  it.each([
    [{ 'a/b': { arms: [{ model: 'm' }] } }, 'unknown key routes.a/b'],
    [{ 'a\0b': { arms: [{ model: 'm' }] } }, 'unknown key routes.a\0b'],
    [{ a: {} }, 'routes.a.arms is missing, expected list of map'],
    [{ a: { arms: [] } }, 'routes.a.arms: expected at least 1 in the list, got none'],
    [{ a: { arms: Array(33).fill({ model: 'm' }) } }, 'routes.a.arms: expected at most 32 in the list, got 33'],
    [{ a: { arms: [{ model: 'm', weight: -1 }] } }, 'routes.a.arms[0].weight: expected number (0 to 1000000), got -1'],
    [{ a: { arms: [{ model: 'm', weight: 0 }] } }, 'routes.a.arms: expected an arm with a weight of more than 0'],
    [{ a: { arms: [{ model: 'm', share: 1 }] } }, 'unknown key routes.a.arms[0].share'],
  ])('%j are refused', (routes, message) => expect(() => parse(routes)).toThrow(message));
});

describe('rollouts', () => {
  const parse = (rollouts: object, more: object = {}) =>
    createSettings({ ...more, rollouts } as PartialSettings).rollouts;

  it('are completed', () => {
    expect(parse({ fraud: { to: 4, steps: [10, 100] } })).toEqual({ fraud: { to: 4, attempt: 1, steps: [10, 100] } });
  });

  it.each([
    [{ m: {} }, 'rollouts.m.to is missing, expected integer (at least 1)'],
    [{ m: { to: 2, weight: 5 } }, 'unknown key rollouts.m.weight'],
    [{ m: { to: 2, from: 2 } }, 'rollouts.m: from and to are both version 2'],
    [
      { m: { to: 2, steps: [50, 20] } },
      'rollouts.m.steps[1]: expected more than the 50 percent of the step before, got 20',
    ],
    [{ m: { to: 2, steps: [50] } }, 'rollouts.m.steps: expected 100 percent as the last one, got 50'],
  ])('%j are refused', (rollouts, message) => expect(() => parse(rollouts)).toThrow(message));

  it('are refused of models whose name is a route', () => {
    const routes = { m: { arms: [{ model: 'm', version: 1 }] } };
    expect(() => parse({ m: { to: 2 } }, { routes })).toThrow(
      "rollouts.m: 'm' is the name of a route, which says who gets which version",
    );
  });
});
