import { describe, expect, it } from 'vitest';
import { environmentName, findUnknownVariables, readEnvironment } from './environment.js';
import { SettingsSchema } from './schema.js';
import { settingKeys } from './shape.js';

const read = (env: Record<string, string>) => readEnvironment(env, '/').tree;

describe('the name of a variable', () => {
  it.each([
    [['server', 'httpPort'], 'MILLRACE_SERVER_HTTP_PORT'],
    [['server', 'tls', 'certFile'], 'MILLRACE_SERVER_TLS_CERT_FILE'],
    [['server', 'cors', 'maxAgeS'], 'MILLRACE_SERVER_CORS_MAX_AGE_S'],
    [['repository', 'paths'], 'MILLRACE_REPOSITORY_PATHS'],
  ])('of %j is %s', (path, name) => {
    expect(environmentName(path)).toBe(name);
  });

  it('belongs to one key only', () => {
    const names = settingKeys(SettingsSchema).map(({ path }) => environmentName(path));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the value of a variable', () => {
  it.each([
    ['MILLRACE_SERVER_HTTP_PORT', ' 80 ', { server: { httpPort: 80 } }],
    ['MILLRACE_SERVER_HTTP_PORT', '', { server: { httpPort: '' } }],
    ['MILLRACE_SERVER_DRAIN_DELAY_MS', '0.5', { server: { drainDelayMs: 0.5 } }],
    ['MILLRACE_REPOSITORY_STRICT', 'TRUE', { repository: { strict: true } }],
    ['MILLRACE_REPOSITORY_STRICT', '0', { repository: { strict: false } }],
    ['MILLRACE_AUDIT_ENABLED', 'true', { audit: { enabled: true } }],
    ['MILLRACE_AUDIT_ENABLED', 'auto', { audit: { enabled: 'auto' } }],
    ['MILLRACE_REPOSITORY_STRICT', 'constructor', { repository: { strict: 'constructor' } }],
    ['MILLRACE_REPOSITORY_PATHS', 'a, b', { repository: { paths: ['a', 'b'] } }],
    ['MILLRACE_REPOSITORY_PATHS', '["a,b"]', { repository: { paths: ['a,b'] } }],
    ['MILLRACE_REPOSITORY_PATHS', '["a"', { repository: { paths: '["a"' } }],
    ['MILLRACE_REPOSITORY_PATHS', '', { repository: { paths: [] } }],
    ['MILLRACE_TELEMETRY_LOG_LEVELS', '{"app":"warn"}', { telemetry: { logLevels: { app: 'warn' } } }],
    ['MILLRACE_SERVER_TLS_CERT_FILE', '', { server: { tls: { certFile: '' } } }],
    ['MILLRACE_REPOSITORY_CONTROL_MODE', 'poll', { repository: { controlMode: 'poll' } }],
  ])('%s=%s', (name, text, tree) => {
    expect(read({ [name]: text })).toEqual(tree);
  });
});

describe('a variable of a platform', () => {
  it('says where to listen, unless one of ours does', () => {
    expect(read({ PORT: '9000' })).toEqual({ server: { httpPort: 9_000 } });
    expect(read({ PORT: '9000', MILLRACE_SERVER_HTTP_PORT: '9001' })).toEqual({ server: { httpPort: 9_001 } });
    expect(read({ PORT: '' })).toEqual({});
  });

  it('is named where its value is wrong', () => {
    expect(readEnvironment({ PORT: 'x' }, '/').locate(['server', 'httpPort'])).toBe('PORT');
  });
});

describe('a variable that is no setting', () => {
  it('is refused when it begins like one', () => {
    expect(findUnknownVariables({ MILLRACE_SERVER_HOTS: 'a', HOME: '/', MILLRACE_XYZZY: '' })).toEqual([
      'unknown environment variable MILLRACE_SERVER_HOTS; did you mean MILLRACE_SERVER_HOST?',
      'unknown environment variable MILLRACE_XYZZY',
    ]);
  });

  it('is passed over when it comes from Kubernetes, names the file or speaks to tests', () => {
    expect(
      findUnknownVariables({
        MILLRACE_SERVICE_HOST: '10.0.0.1',
        MILLRACE_SERVICE_PORT: '8000',
        MILLRACE_SERVICE_PORT_HTTP: '8000',
        MILLRACE_PORT: 'tcp://10.0.0.1:8000',
        MILLRACE_PORT_8000_TCP: 'tcp://10.0.0.1:8000',
        MILLRACE_PORT_8000_TCP_ADDR: '10.0.0.1',
        MILLRACE_SERVER_PORT: 'tcp://10.0.0.1:8000',
        MILLRACE_CONFIG: 'x.yaml',
        MILLRACE_TEST_MODELS: '/models',
      }),
    ).toEqual([]);
  });
});
