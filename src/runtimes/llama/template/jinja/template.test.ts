import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JinjaTemplate } from './template.js';
import { TemplateError } from './values.js';

const render = (source: string, variables: Record<string, unknown> = {}) => new JinjaTemplate(source).render(variables);

describe('a template that is wrong', () => {
  it.each([
    ['a\n{% for x in %}', 'line 2: Expected an expression, got end of statement block'],
    ['{% if a %}\n\n', "line 2: Unexpected end of template, expected 'elif' or 'else' or 'endif'"],
    ['{{ a\n  b }}', "line 2: expected end of print statement, got 'b'"],
    ['{{ (a] }}', "line 1: unexpected ']', expected ')'"],
    ['{{ a ? b }}', "line 1: unexpected char '?'"],
    ["{{ 'a }}", "line 1: unexpected char '''"],
    ['{{ a', 'line 1: unexpected end of template, expected the end of a print statement'],
    ['{% a', 'line 1: unexpected end of template, expected the end of a statement'],
    ['{# a', 'line 1: Missing end of comment tag'],
    ['{% raw %}', 'line 1: Missing end of raw directive'],
    ['{% include "a" %}', "line 1: Encountered unknown tag 'include'"],
    ['x\n{{ a | nope }}\n', "line 2: No filter named 'nope'."],
    ['{{ a is nope }}', "line 1: No test named 'nope'."],
    ['{% call a %}{% endcall %}', 'line 1: expected call'],
    ['{% set none = 1 %}', "line 1: can't assign to 'none'"],
    ['{% macro a(b=1, c) %}{% endmacro %}', 'line 1: non-default argument follows default argument'],
    ['{{ a(b=1, c) }}', 'line 1: invalid syntax for function call expression'],
    ['{{ a is b is c }}', 'line 1: You cannot chain multiple tests with is'],
  ])('is refused by its line: %j', (source, message) => {
    expect(() => new JinjaTemplate(source)).toThrow(message);
  });

  it.each([
    ['{{ a.b }}', "'a' is undefined"],
    ['{{ none.a.b }}', "'None' has no attribute 'a'"],
    ['{{ {}.a.b }}', "'dict object' has no attribute 'a'"],
    ['{{ [][0].b }}', 'list object has no element 0'],
    ['{{ [].append(1) }}', "access to attribute 'append' of 'list' object is unsafe."],
    ['{{ {}.update({}) }}', "access to attribute 'update' of 'dict' object is unsafe."],
    ["{{ 'a' + 1 }}", "unsupported operand type(s) for +: 'str' and 'int'"],
    ["{{ 'a' < 1 }}", "'<' not supported between instances of 'str' and 'int'"],
    ['{{ 1 / 0 }}', 'division by zero'],
    ['{{ none | length }}', "object of type 'NoneType' has no len()"],
    ['{% for a in 1 %}{% endfor %}', "'int' object is not iterable"],
    ['{% for a, b in [[1]] %}{% endfor %}', 'not enough values to unpack (expected 2, got 1)'],
    ['{{ a | tojson }}', 'Object of type Undefined is not JSON serializable'],
    ["{{ 'a'.encode() }}", "the method 'encode' of texts is not supported"],
    ['{{ 9007199254740991 + 1 }}', 'integers beyond 2^53 are not supported, got 9007199254740992'],
    ["{{ raise_exception('no ' ~ 1) }}", 'no 1'],
    ['{% if true %}{{ a | nope }}{% endif %}', "No filter named 'nope' found."],
  ])('fails as in Python: %j', (source, message) => {
    const template = new JinjaTemplate(source);
    expect(() => template.render({})).toThrow(new TemplateError(message));
  });
});

describe('what a template may do is limited', () => {
  const tooLong = 'it makes a text of more than 16777216 characters';
  it.each([
    ["{{ 'ab' * 9000000 }}", tooLong],
    ['{{ [1] * 17000000 }}', tooLong],
    ["{% set a = 'a' * 9000000 %}{{ a }}{{ a }}", tooLong],
    ["{% set a = 'a' * 9000000 %}{{ a ~ a }}", tooLong],
    ["{% set a = 'a' * 9000000 %}{{ a + a }}", tooLong],
    ["{{ ('a\\n' * 1000) | indent(20000) }}", tooLong],
    ["{% set a = 'a' * 9000000 %}{{ [a, a] | join }}", tooLong],
    ["{{ ('a' * 1000) | replace('a', 'b' * 20000) }}", tooLong],
    ["{{ ('a' * 1000).replace('', 'b' * 20000) }}", tooLong],
    ["{{ 'a'.ljust(17000000) }}", tooLong],
    ["{{ '%17000000s' % 1 }}", tooLong],
    ["{{ '{:17000000}'.format(1) }}", tooLong],
    ['{{ [1] | tojson(indent=17000000) }}', tooLong],
    ['{{ range(100001) }}', 'Range too big. The sandbox blocks ranges larger than MAX_RANGE (100000).'],
    ['{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}', 'macros and loops are nested deeper than 200'],
    ['{% for a in [1] recursive %}{{ loop([1]) }}{% endfor %}', 'macros and loops are nested deeper than 200'],
    [`{{ ${'('.repeat(300)}1${')'.repeat(300)} }}`, 'line 1: statements and expressions are nested deeper than 200'],
    [`${'{% if a %}'.repeat(300)}`, 'line 1: statements and expressions are nested deeper than 200'],
    [`{{ ${'not '.repeat(300)}1 }}`, 'line 1: statements and expressions are nested deeper than 200'],
    [`{{ ${'-'.repeat(300)}1 }}`, 'line 1: statements and expressions are nested deeper than 200'],
  ])('%s', (source, message) => {
    expect(() => render(source)).toThrow(message);
  });

  it('reaches nothing of JavaScript by names of its objects', () => {
    const names = ['constructor', '__proto__', 'prototype', 'toString', 'hasOwnProperty', '__class__', 'call', 'items'];
    const owners = ["'a'", '1', '1.5', 'none', 'true', '[]', '(1,)', '{}', 'range', 'loop', 'namespace()', 'range(2)'];
    for (const owner of owners) {
      for (const name of names.filter((each) => each !== 'items')) {
        const source = `{% for a in [1] %}{{ (${owner}).${name} is defined }}{{ (${owner})['${name}'] is defined }}{% endfor %}`;
        expect(render(source)).toBe('FalseFalse');
      }
    }
    for (const name of names) expect(render(`{{ ${name} is defined }}`)).toBe('False');
  });
});

describe('any template', () => {
  const parts = fc.constantFrom(
    ...['{{', '}}', '{%', '%}', '{#', '#}', '-', '+', '~', '|', '.', '(', ')', '[', ']', '{', '}', ',', ':', '=', '=='],
    ...[' ', '\n', "'", '"', '\\', 'a', 'loop', '1', '1.5', 'if ', 'else ', 'endif ', 'for ', 'in ', 'endfor ', 'set '],
    ...[
      'endset ',
      'macro ',
      'endmacro ',
      'call ',
      'endcall ',
      'is ',
      'not ',
      'defined ',
      'raw ',
      'endraw ',
      'tojson',
      'map',
      'a()',
    ],
    ...[
      'filter ',
      'endfilter ',
      'with ',
      'endwith ',
      'generation ',
      'break ',
      'and ',
      'or ',
      'none',
      'recursive ',
      '😀',
    ],
  );

  it('is rendered or refused with a reason', () => {
    const property = fc.property(fc.array(parts, { maxLength: 30 }), (words) => {
      try {
        expect(typeof render(words.join(''), { a: [{ a: 'a' }] })).toBe('string');
      } catch (error) {
        expect(error).toBeInstanceOf(TemplateError);
      }
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it('without tags is its text, but for its last line end', () => {
    const text = fc.string().filter((each) => !/\{[{%#]/.test(each));
    const lines = (each: string) => each.replace(/\r\n?/g, '\n').replace(/\n$/, '');
    const property = fc.property(text, (each) => {
      expect(render(each)).toBe(lines(each));
    });
    fc.assert(property);
  });

  it('writes JSON that reads as the value again', () => {
    const property = fc.property(fc.jsonValue(), (value) => {
      for (const options of ['', '(indent=2)', '(ensure_ascii=true)']) {
        expect(JSON.parse(render(`{{ a | tojson${options} }}`, { a: value }))).toEqual(
          JSON.parse(JSON.stringify(value)),
        );
      }
    });
    fc.assert(property);
  });
});
