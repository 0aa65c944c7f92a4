import { describe, expect, it } from 'vitest';
import { call, request } from '../../../test/support/engine-fixture.js';
import { NO_PARAMETERS } from '../../core/index.js';
import type { Rule } from '../../routing/index.js';
import { factsFor } from './route-facts.js';
import { routeKeyOf } from './route-key.js';

const typed = request(1, { parameters: NO_PARAMETERS, generation: { maxTokens: 5, cacheSalt: 'a' } });
const plain = request(1, { parameters: { max_tokens: 5, cache_salt: 'a' } });
const rule = { uses: { headers: [], parameters: ['max_tokens', 'top_p'], inputs: [] } } as unknown as Rule;

describe.each([
  ['of generation parameters', typed],
  ['of parameters by name', plain],
])('a request %s', (_, sent) => {
  it('has its parameters in the rules of routes', () => {
    expect(factsFor(rule, call(), sent).parameters).toEqual({ max_tokens: 5n });
  });

  it('is sticky by a parameter', () => {
    expect(routeKeyOf({ by: 'parameter', name: 'cache_salt' } as never, call(), sent)).toBe('a');
  });
});
