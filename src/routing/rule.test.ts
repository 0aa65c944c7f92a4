import { describe, expect, it } from 'vitest';
import { compileRule, type RuleFacts } from './rule.js';

const FACTS: RuleFacts = {
  headers: { 'x-tier': 'gold' },
  principal: 'key:ci',
  parameters: { n: 3n, mode: 'fast' },
  inputs: { amount: [250.5], codes: ['a', 'b'] },
};

function holds(when: string, facts = FACTS): boolean | string {
  const compiled = compileRule(when, 'a');
  return 'problem' in compiled ? compiled.problem : compiled.rule.holds(facts);
}

describe('a condition', () => {
  it.each([
    ["headers['x-tier'] == 'gold'", true],
    ["headers['x-tier'] in ['silver', 'bronze']", false],
    ["'x-tier' in headers", true],
    ["'x-other' in headers && headers['x-other'] == 'a'", false],
    ["headers['x-other'] == 'a'", false],
    ["headers['x-other'] == 'a' || true", true],
    ["principal.startsWith('key:')", true],
    ['parameters.n > 2', true],
    ["parameters.mode == 'fast' && inputs.amount[0] > 100.0", true],
    ["inputs.codes.exists(code, code == 'b')", true],
    ['size(inputs.codes) == 2', true],
    ['inputs.missing[0] > 1', false],
    ["!(headers['x-other'] == 'a')", false],
    ["headers['x-tier'] == 'gold' && headers['x-other'] == 'a'", false],
    ["has(headers.other) ? headers.other == 'a' : principal == 'key:ci'", true],
    ["['a'].exists(x, headers['x-other'] == x || true)", true],
    ['inputs.amount[7] > 1.0', false],
    ["inputs.amount[0] > 100.0 ? principal == 'key:ci' : false", true],
  ])('%s', (when, expected) => expect(holds(when)).toBe(expected));

  it.each([
    ['headers[', 'column 9: Unexpected token: EOF'],
    ['nope == 1', 'column 1: Unknown variable: nope'],
    ['principal + 1', 'column 1: no such overload: string + int'],
    ['principal', 'column 1: expected a condition (bool), got string'],
    ['headers[principal] == "a"', 'column 1: headers are asked for by a fixed name'],
    ["headers == {'a': 'b'}", 'column 1: headers are asked for by a fixed name'],
    ['headers.all(h, h == "a")', 'column 1: headers are asked for by a fixed name'],
    [
      "headers.authorization == 'a'",
      "column 1: 'authorization' carries a credential, which rules do not see; use `principal`",
    ],
    ["'cookie' in headers", "column 1: 'cookie' carries a credential, which rules do not see; use `principal`"],
    ["headers['X-Tier'] == 'a'", "column 1: names of headers are in lower case: expected 'x-tier', got 'X-Tier'"],
    ["principal.matches('(a+)+$')", 'column 1: regular expressions are not available'],
    ['inputs.a.all(x, inputs.a.all(y, x == y))', 'column 17: loops within loops are not available'],
    [Array(120).fill('true').join(' && '), expect.stringContaining('maxAstNodes')],
    [`${'('.repeat(40)}true${')'.repeat(40)}`, expect.stringContaining('maxDepth')],
  ])('%s is refused', (when, problem) => expect(holds(when)).toEqual(problem));

  it('says what it reads', () => {
    const compiled = compileRule("headers['x-a'] == 'b' && parameters.n == 1 && inputs.x[0] > 1.0", 'a');
    expect(compiled).toMatchObject({
      rule: { arm: 'a', needsRequest: true, uses: { headers: ['x-a'], parameters: ['n'], inputs: ['x'] } },
    });
    expect(compileRule("principal == 'a'", 'a')).toMatchObject({ rule: { needsRequest: false } });
  });
});
