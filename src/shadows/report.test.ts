import { describe, expect, it } from 'vitest';
import { bytesOf, packBytes, type Tensor } from '../core/index.js';
import { ShadowBook } from './book.js';
import { compareAnswers, compareAtOnce } from './compare-answers.js';
import type { ShadowReport } from './report.js';
import { reportAsHtml } from './report-html.js';
import { reportAsText } from './report-text.js';
import { sampleTensors, severityOf } from './samples.js';

const RULES = { absoluteTolerance: 0, relativeTolerance: 0, outputs: {} };
const NAMES = { primary: 'fraud/3', shadow: 'fraud/4' };
const HOSTILE = '"><script>alert(1)</script>\u001b[2J';

const floats = (name: string, values: readonly number[]): Tensor => ({
  name,
  datatype: 'FP32',
  shape: [1, values.length],
  data: bytesOf(new Float32Array(values)),
});
const text = (name: string, value: string): Tensor => ({
  name,
  datatype: 'BYTES',
  shape: [1],
  data: packBytes([Buffer.from(value)]),
});

/** A report of requests that have the outputs, all hostile ones by name. */
function reportOf(pairs: readonly (readonly [readonly Tensor[], readonly Tensor[]])[]): ShadowReport {
  const book = new ShadowBook(0);
  for (const [index, [left, right]] of pairs.entries()) {
    const answer = (outputs: readonly Tensor[]) => ({ outputs, finishReason: undefined });
    const comparison = compareAtOnce(compareAnswers(answer(left), answer(right), RULES));
    const ending = (computeMs: number) => ({ error: undefined, computeMs });
    book.copied++;
    book.add(NAMES, { primary: ending(1 + index / 10), shadow: ending(2), comparison }, 0);
    if (comparison.agrees) continue;
    const sides = { inputs: sampleTensors(left), primary: sampleTensors(left), shadow: sampleTensors(right) };
    const severity = severityOf(comparison);
    book.keep(NAMES, { requestId: HOSTILE, atMs: 0, severity, outputs: [HOSTILE], ...sides }, 4);
  }
  book.drop('side_effects');
  const { copied, dropped } = book;
  return {
    route: HOSTILE,
    shadow: 'fraud@canary',
    share: 0.25,
    sinceMs: 0,
    copied,
    pending: 0,
    dropped,
    pairs: book.report(),
  };
}

const REPORT = reportOf([
  [
    [floats('probs', [0.9, 0.1]), text(HOSTILE, 'Yes.')],
    [floats('probs', [0.2, 0.8]), text(HOSTILE, 'yes')],
  ],
  [
    [floats('probs', [0.9, 0.1]), text(HOSTILE, 'no')],
    [floats('probs', [0.8, 0.2]), text(HOSTILE, HOSTILE)],
  ],
  [[floats('probs', [0.9, 0.1])], []],
]);

describe('a report as text', () => {
  it('says in words what there is to say', () => {
    const lines = reportAsText(REPORT)
      .split('\n')
      .map((line) => line.trim());
    expect(lines).toEqual(
      expect.arrayContaining([
        'shadow      fraud@canary, 25 % of the requests',
        'since       1970-01-01 00:00:00 UTC',
        'copied      3',
        'not copied  1: side effects 1',
        'fraud/3 → fraud/4: 3 requests',
        'agree        0 % (0 % to 56.1 %) of 3 compared answers',
        'failed       none',
        'output probs',
        'mismatches        missing 1; the last: the shadow has none',
        'other class       50 % (9.45 % to 90.5 %) of 2 rows',
        'exactly the same  0 % (0 % to 65.8 %) of 2 texts',
        'but for form      50 % (9.45 % to 90.5 %) are the same',
      ]),
    );
  });

  it('moves nothing on a terminal, whatever names and texts are', () => {
    expect(reportAsText(REPORT)).not.toMatch(/[^\P{C}\n]/u);
  });
});

describe('a report as a page', () => {
  const page = reportAsHtml(REPORT);

  it('is HTML in which every name and text is text', () => {
    expect(page).not.toMatch(/<script/i);
    expect(page).toContain('&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;');
    expect(page).toMatch(/^<!doctype html>.*<\/html>\n$/s);
  });

  it('needs nothing from elsewhere, and has plots', () => {
    expect(page).not.toMatch(/\b(src|href|url|import)\b *[=(]/i);
    const plots = page.match(/<svg viewBox="0 0 560 180"[^>]*aria-label="([^"]*)"/g) ?? [];
    expect(plots).toHaveLength(3);
    expect(page).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('says that there is nothing yet', () => {
    expect(reportAsHtml({ ...REPORT, pairs: [] })).toContain('No copy of a request has ended yet.');
  });
});

describe('a sample', () => {
  it('holds the first elements of its tensors, as text', () => {
    const many = {
      ...floats(
        'x',
        Array.from({ length: 100 }, (_, index) => index),
      ),
      name: 'many',
    };
    const odd = floats('odd', [Number.NaN, Number.POSITIVE_INFINITY, -0]);
    const long = text('long', 'a'.repeat(600));
    const big: Tensor = { name: 'big', datatype: 'INT64', shape: [1], data: bytesOf(BigInt64Array.of(2n ** 60n)) };
    const none = floats('none', []);
    expect(sampleTensors([many, odd, long, big, none])).toMatchObject([
      { name: 'many', isCut: true, elements: expect.objectContaining({ length: 64 }) },
      { elements: ['NaN', 'Infinity', '-0'], isCut: false },
      { elements: [`${'a'.repeat(512)}…`], isCut: true },
      { elements: ['1152921504606846976'] },
      { elements: [], isCut: false },
    ]);
  });

  it('is cut between characters, and is not cut where it ends with an ellipsis of its own', () => {
    expect(sampleTensors([text('own', 'to be continued…'), text('cut', `a${'ä'.repeat(300)}`)])).toMatchObject([
      { elements: ['to be continued…'], isCut: false },
      { elements: [`a${'ä'.repeat(255)}…`], isCut: true },
    ]);
  });

  it('is among the worst that are kept, or is not kept', () => {
    const severities = REPORT.pairs[0]?.samples.map(({ severity }) => severity);
    expect(severities).toEqual([1, 1, expect.closeTo(0.85, 3)]);
  });
});
