import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GbnfTexts } from '../../../../../test/support/gbnf-texts.js';
import { MillraceError } from '../../../../core/index.js';
import { GrammarRules } from '../rules.js';
import { type Alternatives, type Item, parseGbnf } from './parse.js';
import { ruleOfGbnf } from './rules.js';

function written(source: string): string {
  const rules = new GrammarRules();
  return rules.print(ruleOfGbnf(rules, source));
}

describe('a grammar of a request', () => {
  test.each([
    ['root ::= "yes" | "no"', ['yes', 'no'], ['maybe', '']],
    [
      'root ::= greeting " " name\ngreeting ::= "hi" | "hello"\nname ::= [A-Z] [a-z]+ # a name\n',
      ['hi Moses', 'hello Aaron'],
      ['hi moses'],
    ],
    ['root ::= (\n  "a" |\n  "b"\n)*\n', ['', 'abba'], ['abc']],
    ['root ::=\n  "a"{2} "b"{1,2} "c"{2,} "d"?', ['aabcc', 'aabbcccd'], ['abcc', 'aabbbcc', 'aabc']],
    ['root ::= [^a-c\\n] . "\\x41\\u00fc\\U0001F600\\"\\\\\\t"', ['d\nAü😀"\\\t'], ['a.Aü😀"\\\t']],
    ['root ::= [-a] [a-] [\\]\\[]', ['-a]', 'a-['], ['b-]']],
    ['root ::= "" | "a" root', ['', 'aaa'], ['b']],
    ['root ::= ws "x" ws\r\nws ::= [ \\t]*\r\n', ['x', ' x\t'], ['y']],
    ['a_b ::= "x"\nroot ::= a_b char\nchar ::= "own"', ['xown'], ['xx']],
    ['root ::= sum\nsum ::= number ("+" number)*\nnumber ::= [0-9] | "(" sum ")"', ['1', '(1+2)+3'], ['1+', '()']],
  ])('has the texts that it says: %j', (source, right, wrong) => {
    const texts = new GbnfTexts(written(source));
    for (const each of right) expect([each, texts.takes(each)]).toEqual([each, true]);
    for (const each of wrong) expect([each, texts.takes(each)]).toEqual([each, false]);
  });

  test.each([
    ['', 1, 1, "there is no rule 'root'"],
    ['start ::= "a"', 1, 1, "there is no rule 'root'"],
    ['root: "a"', 1, 5, `expected '::=' behind 'root', got ":": only GBNF is supported`],
    ['?start: "a"', 1, 1, 'expected the name of a rule, got "?"'],
    ['root ::= "a', 1, 12, `expected '"', got the end of the grammar`],
    ['root ::= [a', 1, 12, `expected ']', got the end of the grammar`],
    ['root ::= ("a"', 1, 14, "expected ')', got the end of the grammar"],
    ['root ::= "a" )', 1, 14, 'expected a part of a rule, got ")"'],
    ['root ::= "a"\nroot ::= "b"', 2, 1, "the rule 'root' is defined twice"],
    ['root ::= "a"\n  b\nb ::= "c"', 2, 4, `expected '::=' behind 'b', got "\\n": only GBNF is supported`],
    ['root ::= a', 1, 10, "there is no rule 'a'"],
    ['root ::= "x" ("y" (missing)?)', 1, 20, "there is no rule 'missing'"],
    ['root ::= root "a" | "a"', 1, 10, "the rule 'root' refers to itself before anything else"],
    ['root ::= a\na ::= "x"? b\nb ::= "y" | root', 3, 13, "the rule 'root' refers to itself before anything else"],
    ['root ::= ("a"?)*', 1, 10, 'what is repeated may be nothing already'],
    ['root ::= ""{3}', 1, 10, 'what is repeated may be nothing already'],
    ['root ::= "a"? | "b"*', 1, 1, 'two alternatives may be nothing'],
    ['root ::= "a"**', 1, 10, 'a repetition is repeated: put brackets around it'],
    ['root ::= "a"{2,1}', 1, 13, 'the repetition has a maximum below its minimum'],
    ['root ::= "a"{1001}', 1, 13, 'more than 1000 repetitions are not supported'],
    ['root ::= "a"{x}', 1, 13, "expected a repetition such as '{2}', '{2,}' or '{2,3}'"],
    ['root ::= "\\q"', 1, 11, "'\\q' is not a known escape"],
    ['root ::= "\\u12"', 1, 13, 'expected 4 hexadecimal digits'],
    ['root ::= "\\uD800"', 1, 17, 'there is no such character'],
    ['root ::= [b-a]', 1, 14, 'the range of characters is upside down'],
    ['root ::= []', 1, 10, 'no character is in this set'],
    ['root ::= [^\\x00-\\U0010FFFF]', 1, 10, 'no character is in this set'],
    [`root ::= ${'('.repeat(65)}`, 1, 74, 'brackets are nested deeper than 64 levels'],
    [`root ::= ${'('.repeat(6_000)}`, 1, 74, 'brackets are nested deeper than 64 levels'],
    [`root ::= "x"${' | "x"'.repeat(1_000)}`, 1, 1, 'a text may go on in more than 1000 ways'],
    [`root ::= ${'"a"? '.repeat(1_001)}`, 1, 1, 'more than 1000 parts in a row may be nothing'],
    [`root ::= ${'. '.repeat(20_001)}`, 1, 40_011, 'the grammar has more than 20000 parts'],
    [`root ::= ${'"a"{1000} '.repeat(17)}`, 1, 173, 'repetitions add up to more than 16384'],
  ])('is refused where it is wrong, or too large: %j', (source, line, column, problem) => {
    expect(() => written(source)).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        reason: 'invalid_grammar',
        message: `the grammar, at line ${line}, column ${column}: ${problem}`,
      }),
    );
  });

  test('is refused where it has too many characters, or rules', () => {
    expect(() => written('#'.repeat(65_537))).toThrow('the grammar has 65537 characters; at most 65536 are supported');
    const rules = Array.from({ length: 1_000 }, (_, at) => `a${at} ::= "a"\n`).join('');
    expect(() => written(`${rules}root ::= "a"`)).toThrow('the grammar has more than 1000 rules');
    const chain = Array.from({ length: 999 }, (_, at) => `a${at} ::= (a${at + 1}) "a"\n`).join('');
    expect(() => written(`root ::= a0\n${chain.replace('(a999)', '"x"')}`)).toThrow(
      'begins with more than 1000 rules and brackets',
    );
  });

  test('is refused or written, whatever comes', () => {
    const part = fc.constantFrom(
      'root',
      'a',
      ' ::= ',
      '"',
      '[',
      ']',
      '(',
      ')',
      '|',
      '*',
      '?',
      '{',
      '}',
      '1',
      ',',
      '\n',
      '\\',
      '^',
      '-',
      ' ',
      '.',
      '#',
      'é',
      '😀',
      '"a"',
      '[ab]',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(part, { maxLength: 40 }).map((parts) => parts.join('')),
          fc.string({ unit: 'binary', maxLength: 60 }),
        ),
        fc.boolean(),
        (text, isRule) => {
          const source = isRule ? `root ::= ${text}` : text;
          try {
            expect(written(source)).toMatch(/root ::= r\d+\n$/);
          } catch (error) {
            expect(error).toBeInstanceOf(MillraceError);
            expect(error).toMatchObject({ code: 'invalid_argument', reason: 'invalid_grammar' });
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });

  const character = fc.constantFrom('a', 'b', '"', '\\', '\n', '\b', ']', '^', '-', 'é', '😀', '\u0000', '\u007f');
  const code = character.map((each) => each.codePointAt(0) ?? 0);
  const range = fc
    .tuple(code, fc.nat(3))
    .map(
      ([from, more]) => `\\U${from.toString(16).padStart(8, '0')}-\\U${(from + more).toString(16).padStart(8, '0')}`,
    );
  const { item, alternatives } = fc.letrec<{ item: string; alternatives: string }>((tie) => ({
    item: fc.oneof(
      { maxDepth: 3 },
      fc
        .string({ unit: character, minLength: 1, maxLength: 3 })
        .map((text) => JSON.stringify(text).replaceAll('\\b', '\\u0008')),
      fc
        .tuple(fc.constantFrom('', '^'), fc.array(range, { minLength: 1, maxLength: 3 }))
        .map(([not, ranges]) => `[${not}${ranges.join('')}]`),
      fc.constantFrom('other', '.'),
      fc
        .tuple(tie('alternatives'), fc.constantFrom('', '*', '+', '?', '{2}', '{1,}', '{0,3}'))
        .map(([inner, times]) => `(${inner})${times}`),
    ),
    alternatives: fc
      .array(fc.array(tie('item'), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 2 })
      .map((all) => all.map((items) => items.join(' ')).join(' | ')),
  }));

  /** Without the places in the source, and with the names that are written. */
  const plain = (all: Alternatives): unknown => all.map((items) => items.map(plainItem));
  const plainItem = (each: Item): unknown => {
    if (each.kind === 'rule') return { kind: 'rule' };
    if (each.kind === 'group') return { kind: 'group', alternatives: plain(each.alternatives) };
    if (each.kind === 'repeat') return { ...each, at: 0, item: plainItem(each.item) };
    return each;
  };

  test('is written as it was read', () => {
    fc.assert(
      fc.property(alternatives, item, (root, other) => {
        const source = `root ::= ${root}\nother ::= "o" ${other}\n`;
        let text: string;
        try {
          text = written(source);
        } catch {
          fc.pre(false);
          return;
        }
        const [read, again] = [parseGbnf(source), parseGbnf(text)];
        expect(plain(again.rules.get('r0')?.alternatives ?? [])).toEqual(
          plain(read.rules.get('root')?.alternatives ?? []),
        );
        expect(plain(again.rules.get('r1')?.alternatives ?? [])).toEqual(
          plain(read.rules.get('other')?.alternatives ?? []),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});
