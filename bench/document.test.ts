import { describe, expect, it } from 'vitest';
import { CHAPTERS, chapterOf, documentationOf, fileOf, pagesOf, readPage, replaceSection } from './document.js';
import { valueBar } from './harness/bars.js';
import type { BenchReport } from './harness/report.js';
import { judge } from './harness/row.js';
import { attackRows } from './workloads/attacks/index.js';

const bar = valueBar({ metric: 'memoryMb', who: 'millrace', atMost: 120 });
const FULL: BenchReport = {
  startedAt: '2026-11-26T12:00:00.000Z',
  machine: { cpu: 'Cores', node: 'v20', commit: 'abc' },
  settings: { rounds: 7, seconds: 3, warmUpSeconds: 2, generator: 'wrk', peers: true, trial: false },
  rows: (CHAPTERS[0]?.rowIds() ?? []).map((id) => ({
    id,
    title: 'T',
    contestants: [{ name: 'millrace', samples: [{ memoryMb: 121 }] }],
    bars: id === 'memory' ? [judge(bar, [{ millrace: { memoryMb: 121 } }])] : [],
    notes: [],
  })),
};
const BUSY: BenchReport = {
  ...FULL,
  startedAt: '2026-11-27T12:00:00.000Z',
  machine: { ...FULL.machine, stress: '2 processes' },
  settings: { ...FULL.settings, busy: true },
  rows: [
    {
      id: 'memory',
      title: 'T',
      contestants: [],
      bars: [judge(bar, [{ millrace: { memoryMb: 130 } }], false)],
      notes: [],
    },
  ],
};
const PAGE = 'before\n<!-- table: made -->\n\nold\n\n<!-- end of table -->\nafter\n';

describe('the documentation', () => {
  it.each(CHAPTERS)('says of $name what the run says that is kept', (chapter) => {
    for (const [page, text] of Object.entries(documentationOf(chapter))) expect(readPage(page)).toBe(text);
  });

  it('has the bars of a run, missed ones too, and all figures on a page of their own', () => {
    const pages = pagesOf(chapterOf(FULL), { quiet: FULL }, PAGE);
    expect(Object.keys(pages)).toEqual(['docs/performance.md', 'docs/figures/table.md']);
    expect(pages['docs/performance.md']).toBe(
      [
        'before\n<!-- table: made -->\n',
        'Measured 2026-11-26 at commit abc with Node v20 on Cores:',
        '7 interleaved rounds of 3 s; median (lowest–highest) of the ratios within each round.',
        '[All figures](figures/table.md), those of each contestant included.\n',
        '| row | bar | limit | reached | |',
        '|---|---|---|---|---|',
        '| memory | PSS MB: millrace | ≤ 120 | 121.0 (121.0–121.0) | **FAIL** |',
        '\n<!-- end of table -->\nafter\n',
      ].join('\n'),
    );
    expect(pages['docs/figures/table.md']).toContain('## memory: T\n\n| | PSS MB |\n|---|---|\n| millrace | 121.0');
  });

  it('has what a busy run reached in a column beside the quiet figures, where one is kept', () => {
    const page = pagesOf(chapterOf(BUSY), { quiet: FULL, busy: BUSY }, PAGE)['docs/performance.md'];
    expect(page).toContain(
      [
        'Busy: measured 2026-11-27 at commit abc with Node v20 on Cores, beside 2 processes.',
        '',
        '| row | bar | limit | quiet | | busy |',
        '|---|---|---|---|---|---|',
        '| memory | PSS MB: millrace | ≤ 120 | 121.0 (121.0–121.0) | **FAIL** | 130.0 (130.0–130.0) |',
      ].join('\n'),
    );
    const others = { ...BUSY, rows: [] };
    expect(pagesOf(chapterOf(FULL), { quiet: FULL, busy: others }, PAGE)['docs/performance.md']).toContain(
      '| 121.0 (121.0–121.0) | **FAIL** |  |',
    );
  });

  it('keeps a busy run in a file of its own, of the main table only', () => {
    expect(chapterOf(BUSY).name).toBe('table');
    expect(fileOf(chapterOf(BUSY), BUSY)).toBe('bench/kept/table-busy.json');
    expect(fileOf(chapterOf(FULL), FULL)).toBe('bench/kept/table.json');
    const rows = [{ id: 'grpc-W1', title: 'T', contestants: [], bars: [], notes: [] }];
    expect(() => fileOf(chapterOf({ ...BUSY, rows }), BUSY)).toThrow("no busy run of 'protocols' is documented");
  });

  it('warns where other processes of Node.js ran', () => {
    const warned = pagesOf(chapterOf(FULL), { quiet: { ...FULL, otherNodes: 2 } }, PAGE);
    const warning = '**Warning**: 2 other node processes ran when it began.';
    for (const text of Object.values(warned)) expect(text).toContain(warning);
    const quiet = pagesOf(chapterOf(FULL), { quiet: { ...FULL, otherNodes: 0 } }, PAGE);
    for (const text of Object.values(quiet)) expect(text).not.toContain('Warning');
  });

  it('takes runs of all rows only', () => {
    expect(() => chapterOf({ ...FULL, rows: FULL.rows.slice(0, 2) })).toThrow(
      'only a run of all rows is documented, got W1, W1-c1',
    );
  });

  it('takes full runs only', () => {
    expect(chapterOf(FULL).name).toBe('table');
    const settings = { ...FULL.settings, rounds: 6, generator: 'own', peers: false, trial: true } as const;
    const machine = { ...FULL.machine, commit: 'abc-dirty' };
    expect(() => chapterOf({ ...FULL, settings, machine })).toThrow(
      'this one lacks: warm servers, peers, wrk, a commit of what was measured, 7 rounds',
    );
  });

  it('takes runs without peers and wrk where no row needs them', () => {
    const rows = attackRows().map(({ id, title }) => ({ id, title, contestants: [], bars: [], notes: [] }));
    const settings = { ...FULL.settings, generator: 'own', peers: false } as const;
    expect(chapterOf({ ...FULL, settings, rows }).name).toBe('attacks');
  });

  it('says where nothing is measured yet', () => {
    const [chapter] = CHAPTERS;
    expect(chapter && pagesOf(chapter, {}, PAGE)).toEqual({
      'docs/performance.md': 'before\n<!-- table: made -->\n\nNot measured yet.\n\n<!-- end of table -->\nafter\n',
    });
  });
});

describe('a section of a page', () => {
  it('is replaced between its marks, as it is', () => {
    const replaced = replaceSection(PAGE, 'table', ['new $1', 'lines']);
    expect(replaced).toBe('before\n<!-- table: made -->\n\nnew $1\nlines\n\n<!-- end of table -->\nafter\n');
    expect(replaceSection(replaced, 'table', ['new $1', 'lines'])).toBe(replaced);
  });

  it('has to be there', () => {
    expect(() => replaceSection(PAGE, 'other', [])).toThrow("no section 'other'");
  });
});
