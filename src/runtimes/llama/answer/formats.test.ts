import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readWhole, tokensOfAnswer, type WholeAnswer } from '../../../../test/support/read-answer.js';
import type { OfferedTool } from '../../../generation/index.js';
import { formatOf } from './answer-format.js';
import { TOOL_FORMATS, type ToolFormatName } from './formats/names.js';

const FOLDER = path.resolve(import.meta.dirname, '../../../../test/fixtures/tool-formats');

interface Recorded {
  readonly template: string;
  readonly text: string;
  readonly tools: readonly string[];
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly thinking?: boolean;
  readonly partial?: boolean;
  readonly content?: string;
  readonly reasoning?: string;
  readonly calls?: readonly (readonly [string, unknown])[];
  readonly ids?: readonly string[];
}
interface RecordedFile {
  readonly tools: Readonly<Record<string, unknown>>;
  readonly answers: readonly Recorded[];
}
interface TemplateMarks {
  readonly format: ToolFormatName;
  readonly marks: readonly string[];
}

const readJson = (file: string) => JSON.parse(readFileSync(path.join(FOLDER, file), 'utf8'));
const TEMPLATES: Readonly<Record<string, TemplateMarks>> = readJson('templates.json');
const FILES = readdirSync(path.join(FOLDER, 'answers')).map((file) => path.basename(file, '.json') as ToolFormatName);

const offered = (name: string, parameters: unknown): OfferedTool => ({
  name,
  description: '',
  parameters,
  isStrict: false,
});
const ADD = offered('add', { type: 'object', properties: { a: { type: 'integer' }, b: { type: 'string' } } });
const NOW = offered('now', {});

/** All but ids, which may be made up. Comparing texts is cheaper than `toEqual`, for many. */
const textOf = ({ content, reasoning, calls }: WholeAnswer) => JSON.stringify([content, reasoning, calls]);

/** Whether the calls of an answer that was cut are those of the whole one as far as they have come. */
const isBeginning = ({ calls }: WholeAnswer, whole: WholeAnswer) =>
  calls.every((call, index) => {
    const { name, arguments: given = '' } = whole.calls[index] ?? {};
    return call.name === name && given.startsWith(call.arguments);
  });

describe('the form of calls', () => {
  test.each(Object.entries(TEMPLATES))('of %s is found by its marks', (_, { format, marks }) => {
    expect(formatOf(marks.join(' ')).name).toBe(format);
  });

  test.each(TOOL_FORMATS)('%s may be named for any template', (name) => {
    expect(formatOf('<tool_call>', name).name).toBe(name);
  });
});

describe.each(FILES)('recorded answers of %s', (name) => {
  const { tools, answers }: RecordedFile = readJson(`answers/${name}.json`);
  const cases = answers.map((answer, index) => [`${index} (${answer.template})`, answer] as const);

  const answeredOf = ({ template, thinking = false, parameters, ...recorded }: Recorded) => ({
    format: formatOf(TEMPLATES[template]?.marks.join(' ') ?? '<think>', name),
    isThinking: thinking,
    use: {
      tools: recorded.tools.map((tool) => offered(tool, parameters?.[tool] ?? tools[tool])),
      mustCall: false,
      maxCalls: 16,
    },
  });

  test.each(cases)('are read, whole and cut at each character: %s', (_, recorded) => {
    const { text, content = '', reasoning = '', calls = [], ids } = recorded;
    const answered = answeredOf(recorded);
    const read = readWhole(answered, [text]);
    const cuts = Array.from({ length: text.length }, (__, at) => [text.slice(0, at), text.slice(at)]);
    const whole = textOf(read);
    expect(cuts.filter((pieces) => textOf(readWhole(answered, pieces)) !== whole)).toEqual([]);
    expect(readWhole(answered, [...text])).toEqual({ ...read, ids: expect.anything() });
    expect(read.content.trim()).toBe(content.trim());
    expect(read.reasoning.trim()).toBe(reasoning.trim());
    const argumentsOf = (json: string) => (recorded.partial === true ? json : JSON.parse(json));
    const asRecorded = (given: unknown) =>
      recorded.partial === true ? expect.stringContaining(String(given).trim()) : given;
    expect(read.calls.map((call) => [call.name, argumentsOf(call.arguments)])).toEqual(
      calls.map(([tool, given]) => [tool, asRecorded(given)]),
    );
    if (ids !== undefined) expect(read.ids).toEqual(ids);
  });

  test('are read the same in whatever pieces they come, and as far as they have come', () => {
    const pieces = fc.array(fc.nat(400), { maxLength: 8 });
    const property = fc.property(fc.constantFrom(...answers), pieces, (recorded, cuts) => {
      const { text } = recorded;
      const answered = answeredOf(recorded);
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      const parts = places.slice(1).map((to, index) => text.slice(places[index], to));
      const read = readWhole(answered, [text]);
      expect(readWhole(answered, parts)).toEqual({ ...read, ids: expect.anything() });
      expect(isBeginning(readWhole(answered, parts.slice(0, -1)), read)).toBe(true);
    });
    fc.assert(property, { seed: 1 });
  });
});

describe.each(TOOL_FORMATS)('any text in the form %s', (name) => {
  const format = formatOf('<think>', name);
  const marks = tokensOfAnswer(format);
  const words = fc.constantFrom(...marks, 'add', 'now', 'Q', 'Z', 'a', ...'{}":1()=,[]\'\n ');
  const answered = (tools: readonly OfferedTool[], isThinking = false) => ({
    format,
    isThinking,
    use: { tools, mustCall: false, maxCalls: 16 },
  });

  test('is read without a failure, the same in whatever pieces it comes, and calls have the JSON of objects or are cut', () => {
    const property = fc.property(fc.array(words, { maxLength: 40 }), fc.boolean(), (parts, isThinking) => {
      const text = parts.join('');
      const read = readWhole(answered([ADD, NOW], isThinking), [text]);
      expect(readWhole(answered([ADD, NOW], isThinking), [...text])).toEqual({ ...read, ids: expect.anything() });
      for (const call of read.calls) expect(call.arguments).toMatch(/^(\{|$)/);
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });

  test('is content or thoughts where it calls no tool', () => {
    const property = fc.property(fc.array(words, { maxLength: 30 }), (parts) => {
      // A header that is cut is no text where its marks are tokens.
      const text = parts.join('') + (format.channels?.areTokens === true ? '<|channel|>final<|message|>' : '');
      const { content, reasoning, calls } = readWhole(answered([]), [text]);
      expect(calls).toEqual([]);
      // Letters that no mark has.
      const lettersOf = (text: string) => text.replaceAll(/[^QZ]/g, '').length;
      expect(lettersOf(content) + lettersOf(reasoning)).toBe(lettersOf(parts.join('')));
    });
    fc.assert(property, { numRuns: 300, seed: 1 });
  });

  test('without marks stays as it is', () => {
    const property = fc.property(fc.string({ unit: 'grapheme', maxLength: 80 }), (text) => {
      fc.pre(!marks.some((mark) => text.includes(mark)));
      expect(readWhole(answered([ADD]), [text]).content).toBe(text);
    });
    fc.assert(property, { seed: 1 });
  });
});
