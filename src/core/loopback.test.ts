import { describe, expect, it } from 'vitest';
import { isLoopback } from './loopback.js';

describe('isLoopback', () => {
  it.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.8.8.8', '::1', '[::1]', '::ffff:127.0.0.1'])(
    'takes %s',
    (host) => {
      expect(isLoopback(host)).toBe(true);
    },
  );

  it.each(['0.0.0.0', '::', '', '10.0.0.1', '127.0.0.1.example', 'localhost.example', '::ffff:10.0.0.1'])(
    "does not take '%s'",
    (host) => {
      expect(isLoopback(host)).toBe(false);
    },
  );
});
