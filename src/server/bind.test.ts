import { describe, expect, it } from 'vitest';
import { checkBind } from './bind.js';

describe('checkBind', () => {
  const open = { hasKeys: false, allowAnonymous: false };

  it('refuses to listen to the network without knowing who calls', () => {
    expect(() => checkBind('0.0.0.0', open)).toThrow(
      'refusing to listen on 0.0.0.0: it is reachable from other machines and no key is configured. ' +
        'Add a key under `auth.keys`, listen on 127.0.0.1, or allow everybody with `auth.allowAnonymous` (--allow-anonymous)',
    );
  });

  it.each([
    ['127.0.0.1', open],
    ['0.0.0.0', { ...open, hasKeys: true }],
    ['::', { ...open, allowAnonymous: true }],
  ])('lets %s pass with %j', (host, auth) => {
    expect(() => checkBind(host, auth)).not.toThrow();
  });
});
