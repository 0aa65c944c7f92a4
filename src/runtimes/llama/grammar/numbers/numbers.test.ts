import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../../test/support/gbnf-texts.js';
import { ruleOfSchema } from '../json-schema.js';
import { GrammarRules } from '../rules.js';

const MOST = Number.MAX_SAFE_INTEGER;

function textsOf(schema: object, isStrict = true): GbnfTexts {
  const rules = new GrammarRules();
  return new GbnfTexts(
    rules.print(ruleOfSchema(rules, schema, { what: 'the JSON schema', reason: 'invalid_json_schema', isStrict })),
  );
}

const edge = fc
  .oneof(
    fc.integer({ min: -1_200, max: 1_200 }),
    fc.maxSafeInteger(),
    fc.nat(16).chain((digits) => fc.constantFrom(10 ** digits, 10 ** digits - 1, -(10 ** digits), 1 - 10 ** digits)),
  )
  .filter(Number.isSafeInteger);

describe('integers', () => {
  test('are those between their bounds, to the last one', () => {
    fc.assert(
      fc.property(edge, edge, fc.array(edge, { maxLength: 5 }), (one, other, others) => {
        const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
        fc.pre(minimum > -MOST && maximum < MOST);
        const texts = textsOf({ type: 'integer', minimum, maximum });
        const near = [minimum, maximum].flatMap((bound) => [bound - 1, bound, bound + 1]);
        for (const each of [...near, ...others, Math.trunc((minimum + maximum) / 2)].filter(Number.isSafeInteger)) {
          expect([each, texts.takes(String(each))]).toEqual([each, each >= minimum && each <= maximum]);
        }
      }),
      { numRuns: 500 },
    );
  });

  test('are multiples of a number, between their bounds', () => {
    const bound = fc.integer({ min: -3_000, max: 3_000 });
    fc.assert(
      fc.property(
        bound,
        bound,
        fc.integer({ min: 1, max: 64 }),
        fc.array(bound, { maxLength: 20 }),
        (one, other, multipleOf, all) => {
          const [minimum, maximum] = [Math.min(one, other), Math.max(one, other)];
          const some = all.flatMap((each) => [each, Math.trunc(each / multipleOf) * multipleOf]);
          const isThere = (each: number) => each >= minimum && each <= maximum && each % multipleOf === 0;
          const first = Math.ceil(minimum / multipleOf) * multipleOf;
          if (first > maximum) {
            expect(() => textsOf({ type: 'integer', minimum, maximum, multipleOf })).toThrow(
              'there is no such integer',
            );
            return;
          }
          const texts = textsOf({ type: 'integer', minimum, maximum, multipleOf });
          for (const each of [...some, first]) expect([each, texts.takes(String(each))]).toEqual([each, isThere(each)]);
        },
      ),
      { numRuns: 300 },
    );
  });

  test.each<[object, readonly number[], readonly number[]]>([
    [{ minimum: 18 }, [18, 19, 20, 99, 100, 10 ** 15 - 1], [17, 0, -18, 10 ** 15]],
    [{ maximum: -5 }, [-5, -6, -10, 1 - 10 ** 15], [-4, 0, 5]],
    [{ exclusiveMinimum: 0 }, [1, 10], [0, -1]],
    [{ exclusiveMaximum: 0.5 }, [0, -1], [1]],
    [{ minimum: 1.5, maximum: 2.5 }, [2], [1, 3]],
    [{ minimum: 10 ** 15 }, [10 ** 15, MOST - 1, MOST], [10 ** 15 - 1]],
    [{ minimum: 0, maximum: MOST }, [0, 10 ** 15 - 1], [-1, 10 ** 15]],
    [{ minimum: 5, exclusiveMinimum: 5 }, [6], [5]],
    [{ multipleOf: 5 }, [0, 5, -10, 999_999_999_999_995], [1, -4]],
    [{ multipleOf: 64, minimum: 1 }, [64, 128, 10 ** 14], [0, 32, 65]],
    [{ multipleOf: 100, minimum: -150, maximum: 300 }, [-100, 0, 100, 300], [-150, 50, 400]],
    [{ multipleOf: 2.5, minimum: 1 }, [5], [0]],
    [{ format: 'int32' }, [2 ** 31 - 1, -(2 ** 31)], [2 ** 31]],
    [{ format: 'uint8', maximum: 200 }, [0, 200], [201, -1]],
    [{ format: 'int64' }, [10 ** 15 - 1], []],
  ])('by %j are written exactly', (keywords, inside, outside) => {
    const texts = textsOf({ type: 'integer', ...keywords });
    for (const each of inside) expect([each, texts.takes(String(each))]).toEqual([each, true]);
    for (const each of outside) expect([each, texts.takes(String(each))]).toEqual([each, false]);
    expect(texts.takes('01')).toBe(false);
    expect(texts.takes('')).toBe(false);
  });

  test('may be of any number where their multiples take too many rules: those are checked', () => {
    expect(textsOf({ type: 'integer', multipleOf: 65 }).takes('1')).toBe(true);
    expect(textsOf({ type: 'integer', multipleOf: 1_000, minimum: 1 }).takes('0')).toBe(false);
  });

  test.each([
    [{ minimum: 3, maximum: 2 }, 'there is no such integer: the bounds are 3 and 2'],
    [{ minimum: 2 ** 60 }, `there is no such integer: the bounds are ${2 ** 60}`],
    [{ minimum: 1.2, maximum: 1.8 }, 'there is no such integer: the bounds are 1.2 and 1.8'],
  ])('that are not there are refused: %j', (keywords, problem) => {
    expect(() => textsOf({ type: 'integer', ...keywords })).toThrow(`the JSON schema, at '/': ${problem}`);
    expect(textsOf({ type: 'integer', ...keywords }, false).takes('7')).toBe(true);
  });

  test.each([
    [{ minimum: '1' }, `at '/minimum': expected a number, got "1"`],
    [{ exclusiveMinimum: true, minimum: 1 }, "at '/exclusiveMinimum': expected a number, got true"],
    [{ multipleOf: 0 }, "at '/multipleOf': expected a number above 0, got 0"],
    [{ format: 'odd' }, `at '/format': the format "odd" of numbers is not known`],
  ])('with bounds that are none are refused: %j', (keywords, problem) => {
    expect(() => textsOf({ type: 'integer', ...keywords })).toThrow(`the JSON schema, ${problem}`);
  });
});

describe('numbers', () => {
  const decimal = fc
    .tuple(fc.integer({ min: -5_000, max: 5_000 }), fc.nat(3))
    .map(([digits, places]) => Number((digits / 10 ** places).toFixed(places)));

  test('are those between their bounds', () => {
    fc.assert(
      fc.property(
        decimal,
        decimal,
        fc.boolean(),
        fc.array(decimal, { maxLength: 10 }),
        (one, other, isExclusive, all) => {
          const [least, most] = [Math.min(one, other), Math.max(one, other)];
          fc.pre(least < most);
          const schema = isExclusive
            ? { exclusiveMinimum: least, exclusiveMaximum: most }
            : { minimum: least, maximum: most };
          const texts = textsOf({ type: 'number', ...schema });
          const isThere = (each: number) => (isExclusive ? each > least && each < most : each >= least && each <= most);
          for (const each of [...all, least, most, Number(((least + most) / 2).toFixed(4))].filter(
            (value) => !String(value).includes('e'),
          )) {
            expect([each, texts.takes(String(each))]).toEqual([each, isThere(each)]);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('that are written are within the bounds, when they are read', () => {
    fc.assert(
      fc.property(
        decimal,
        decimal,
        fc.boolean(),
        fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })),
        (one, other, isExclusive, stream) => {
          const [least, most] = [Math.min(one, other), Math.max(one, other)];
          fc.pre(least < most);
          const schema = isExclusive
            ? { exclusiveMinimum: least, exclusiveMaximum: most }
            : { minimum: least, maximum: most };
          const texts = textsOf({ type: 'number', ...schema });
          for (let times = 0; times < 10; times++) {
            const value = JSON.parse(texts.sample(() => stream.next().value ?? 0));
            expect([value, isExclusive ? value > least && value < most : value >= least && value <= most]).toEqual([
              value,
              true,
            ]);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test.each<[object, readonly string[], readonly string[]]>([
    [
      { minimum: 0, maximum: 1 },
      ['0', '1', '0.5', '1.0', '0.99999999999999', '0.0'],
      ['1.1', '-0.1', '1.00001', '2', '.5', '1.', '1e0'],
    ],
    [{ exclusiveMinimum: 0 }, ['0.1', '1', '0.00001', '123456.5'], ['0', '0.0', '-1']],
    [{ exclusiveMaximum: 0 }, ['-0.1', '-1', '-2.5'], ['0', '1', '0.5', '-0']],
    [{ minimum: -1.5, exclusiveMaximum: 2.25 }, ['-1.5', '-1', '0', '2.2499', '2'], ['-1.51', '2.25', '2.3']],
    [{ multipleOf: 0.01 }, ['1.25', '-3', '0.1'], ['1.255', '1e5']],
    [{ multipleOf: 0.01, minimum: 0.05 }, ['0.05', '0.5', '7'], ['0.04', '0.051']],
    [{ multipleOf: 5 }, ['10', '-5'], ['10.5', '7']],
    [{ multipleOf: 0.5, minimum: 0, maximum: 5 }, ['0.0', '0.5', '4.5', '5.0'], ['5.5', '0.2', '-0.5']],
    [{ multipleOf: 0.25, exclusiveMinimum: -1 }, ['-0.75', '0.25', '12.50'], ['-1.00', '0.30']],
    [{ multipleOf: 0.3 }, ['0.6', '-1.2', '3.0'], ['0.25']],
    [{ multipleOf: 1 / 3 }, ['0.25'], []],
    [{ minimum: 1e300 }, ['1e9', '-1'], []],
    [{ format: 'float', minimum: 0 }, ['1'], ['-1']],
  ])('by %j', (keywords, inside, outside) => {
    const texts = textsOf({ type: 'number', ...keywords });
    for (const each of inside) expect([each, texts.takes(each)]).toEqual([each, true]);
    for (const each of outside) expect([each, texts.takes(each)]).toEqual([each, false]);
  });

  test('that are not there are refused', () => {
    expect(() => textsOf({ type: 'number', exclusiveMinimum: 1, maximum: 1 })).toThrow(
      "the JSON schema, at '/': there is no such number: the bounds are 1 and 1",
    );
  });
});
