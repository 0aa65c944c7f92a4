import { describe, expect, it } from 'vitest';
import { readListenFds } from './listen-fds.js';

const ENV = { LISTEN_PID: '42', LISTEN_FDS: '2' };

describe('readListenFds', () => {
  it('gives the descriptors from 3 on with their names', () => {
    expect(readListenFds({ ...ENV, LISTEN_FDNAMES: 'http:grpc' }, 42)).toEqual([
      { descriptor: 3, name: 'http' },
      { descriptor: 4, name: 'grpc' },
    ]);
  });

  it('calls descriptors without a name unknown, as systemd does', () => {
    const names = (env: Record<string, string>) => readListenFds({ ...ENV, ...env }, 42).map(({ name }) => name);
    expect(names({})).toEqual(['unknown', 'unknown']);
    expect(names({ LISTEN_FDNAMES: ':grpc' })).toEqual(['unknown', 'grpc']);
  });

  it.each([
    ['no variables', {}],
    ['those of another process', { ...ENV, LISTEN_PID: '41' }],
    ['no number of descriptors', { LISTEN_PID: '42' }],
    ['none', { LISTEN_PID: '42', LISTEN_FDS: '0', LISTEN_FDNAMES: '' }],
  ])('finds none with %s', (_, env) => {
    expect(readListenFds(env, 42)).toEqual([]);
  });

  it.each([
    [{ LISTEN_FDS: '-1' }, "LISTEN_FDS: expected a whole number, got '-1'"],
    [{ LISTEN_PID: 'x' }, "LISTEN_PID: expected a whole number, got 'x'"],
    [{ LISTEN_FDS: '1001' }, "LISTEN_FDS: expected at most 1000, got '1001'"],
    [{ LISTEN_FDNAMES: 'http' }, "LISTEN_FDNAMES: expected 2 names (LISTEN_FDS) with colons between them, got 'http'"],
  ])('refuses %j', (env, message) => {
    expect(() => readListenFds({ ...ENV, ...env }, 42)).toThrow(`environment variable ${message}`);
  });
});
