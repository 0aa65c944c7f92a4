import { cpSync, existsSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../support/batch-files.js';
import { runCliProcess, startCli } from '../support/cli-process.js';
import { until } from '../support/until.js';

const MLP = path.resolve('examples/models/mlp');
const ROWS = 20_000;

/** Rows of sixteen numbers, of which some are none. */
function writeRows(folder: string, rows = ROWS): string {
  const file = path.join(folder, 'in.jsonl');
  const lines = Array.from({ length: rows }, (_, id) =>
    id % 5_000 === 4_321
      ? `{"id":${id},"x":"none"}\n`
      : `${JSON.stringify({ id, x: Array.from({ length: 16 }, (_, at) => ((id * 31 + at * 7) % 100) / 100) })}\n`,
  );
  writeFileSync(file, lines.join(''));
  return file;
}

const run = (...argv: readonly string[]) => runCliProcess('batch', 'run', MLP, '--local', ...argv);
const read = (...parts: readonly string[]) => readFileSync(path.join(...parts), 'latin1');
const objects = (...parts: readonly string[]) =>
  read(...parts)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('millrace batch run --local', () => {
  it('gives the same answers in JSONL, CSV and Parquet, whichever it reads', async () => {
    const folder = scratchFolder();
    const at = (name: string) => path.join(folder, name);
    const first = await run(
      '--input',
      writeRows(folder, 500),
      '--output',
      at('a.parquet'),
      '--map-output',
      'x=y',
      '--keep',
      'id',
    );
    expect(first).toMatchObject({ exit: 0, err: '' });
    expect(first.out).toContain('500, of which 500 are in the output');
    // Rows of ten numbers where the model takes sixteen.
    expect(await run('--input', at('a.parquet'), '--output', at('b.csv'))).toMatchObject({
      exit: 1,
      err: expect.stringContaining('error: 500 of 500 rows have failed, more than --max-errors 10%; '),
    });
    expect(objects(at('b.csv.millrace-batch/errors.jsonl'))[0]).toEqual({
      row: 1,
      kind: 'mismatch',
      message: "column 'x': expected FP32[16], got 10 elements",
    });
    expect(await run('--input', at('in.jsonl'), '--output', at('c.jsonl'), '--keep', 'id,x')).toMatchObject({
      exit: 0,
    });
    const keepAll = ['--keep', 'id,x,y'];
    const again = ['--map-output', 'again=y'];
    expect(await run('--input', at('c.jsonl'), '--output', at('d.parquet'), ...keepAll, ...again)).toMatchObject({
      exit: 0,
    });
    expect(await run('--input', at('d.parquet'), '--output', at('e.csv'), '--keep', 'id,x,y', ...again)).toMatchObject({
      exit: 0,
    });
    expect(
      await run('--input', at('e.csv'), '--output', at('f.jsonl'), '--keep', 'id,y,again', '--map-output', 'third=y'),
    ).toMatchObject({ exit: 0 });
    const rows = objects(at('f.jsonl'));
    expect(rows).toHaveLength(500);
    const expected = objects(at('c.jsonl'));
    for (const [index, { id, again: second, third }] of rows.entries()) {
      expect(Number(id)).toBe(index);
      expect(JSON.parse(second)).toEqual(expected[index].y);
      expect(third).toEqual(expected[index].y);
    }
  });

  it('takes a folder of photos, and names the one that is none', async () => {
    const folder = scratchFolder();
    cpSync('examples/photos', path.join(folder, 'photos'), { recursive: true });
    writeFileSync(path.join(folder, 'photos/bad.jpg'), 'no photo');
    const output = path.join(folder, 'out.jsonl');
    const report = path.join(folder, 'report.html');
    const { exit } = await runCliProcess(
      ...[
        'batch',
        'run',
        path.resolve('examples/models/mobilenetv3'),
        '--local',
        '--input',
        path.join(folder, 'photos'),
      ],
      ...['--output', output, '--keep', 'file', '--report', report],
    );
    expect(exit).toBe(0);
    const labels = objects(output).map(({ file, probs }) => `${file} ${probs.indexOf(Math.max(...probs))}`);
    expect(labels).toEqual([
      'meal_1.jpg 0',
      'meal_2.jpg 0',
      'other_1.jpg 2',
      'other_2.jpg 2',
      'report_1.jpg 1',
      'report_2.jpg 1',
    ]);
    expect(objects(`${output}.errors.jsonl`)).toEqual([
      {
        row: 1,
        kind: 'model',
        message: "input 'pixel_values': the picture: expected a JPEG, PNG, WebP or GIF, got something else",
      },
    ]);
    expect(read(report)).toContain('<td>7, of which 6 are in the output</td>');
    expect(read(report)).not.toMatch(/src=|href=|@import|<script/);
  });

  it('passes over a line of 50 MB in bounded memory', async () => {
    const folder = scratchFolder();
    const input = writeRows(folder, 100);
    writeFileSync(input, `{"x":"${'y'.repeat(50_000_000)}"}\n${read(input)}`);
    const { exit } = await runCliProcess(
      ...[
        'batch',
        'run',
        MLP,
        '--local',
        '--input',
        input,
        '--output',
        path.join(folder, 'out.jsonl'),
        '--max-errors',
        '1',
      ],
    );
    expect(exit).toBe(0);
    expect(objects(folder, 'out.jsonl')).toHaveLength(100);
    expect(objects(folder, 'out.jsonl.errors.jsonl')).toEqual([
      { row: 1, line: 1, kind: 'unreadable', message: 'the line has 50000009 bytes: expected at most 16777216' },
    ]);
  });

  it('shows a mapping, results and a prediction for a trial, and writes nothing', async () => {
    const folder = scratchFolder();
    const { exit, out } = await run(
      '--input',
      writeRows(folder, 1_000),
      '--output',
      path.join(folder, 'out.csv'),
      '--dry-run',
      '10',
    );
    expect(exit).toBe(0);
    expect(out).toMatch(
      /^COLUMN {3}TYPE {7}MODEL\nx {8}list {3}→ {3}input x FP32\[16\]\ny {15}← {3}output y FP32\[10\]\n/,
    );
    expect(out).toMatch(
      /\{"y": \[.*\]\}\n\ntried {5}10 rows in .*\nall rows {2}about 1,?\d+\ntime {6}about .*\nnothing was written\n$/,
    );
    expect(existsSync(path.join(folder, 'out.csv'))).toBe(false);
    expect(existsSync(path.join(folder, 'out.csv.millrace-batch'))).toBe(false);
  });

  it('ends with 2 for what it cannot read, and says why', async () => {
    const folder = scratchFolder();
    const at = (name: string) => path.join(folder, name);
    await run('--input', writeRows(folder, 5_000), '--output', at('cut.parquet'));
    truncateSync(at('cut.parquet'), statSync(at('cut.parquet')).size - 100);
    const fails = async (...argv: readonly string[]) => {
      const { exit, err } = await run(...argv);
      return `${exit} ${err}`;
    };
    expect(await fails('--input', at('cut.parquet'), '--output', at('o.csv'))).toMatch(
      /^2 error: .*cut\.parquet cannot be read as Parquet: /,
    );
    expect(await fails('--input', at('none.csv'), '--output', at('o.csv'))).toBe(
      `2 error: ${at('none.csv')} does not exist\n`,
    );
    expect(await fails('--input', at('in.jsonl'), '--output', at('o.txt'))).toBe(
      `2 error: ${at('o.txt')}: expected a name that ends in .jsonl, .ndjson, .csv, .parquet\n`,
    );
    expect(await fails('--input', at('in.jsonl'), '--output', at('cut.parquet'))).toBe(
      `1 error: ${at('cut.parquet')} exists: --restart replaces it\n`,
    );
  });
});

describe('a run of batch that is stopped', () => {
  const folder = { whole: '' };
  const COMMAND = ['--keep', 'id', '--batch-size', '8', '--checkpoint-rows', '64'];
  beforeAll(async () => {
    const { mkdtempSync } = await import('node:fs');
    const { tmpdir } = await import('node:os');
    folder.whole = mkdtempSync(path.join(tmpdir(), 'batch-whole-'));
    writeRows(folder.whole);
    for (const format of ['jsonl', 'csv', 'parquet']) {
      const output = path.join(folder.whole, `out.${format}`);
      expect(await run('--input', path.join(folder.whole, 'in.jsonl'), '--output', output, ...COMMAND)).toMatchObject({
        exit: 0,
      });
    }
  }, 120_000);

  /** Starts the same run elsewhere, and resolves once it has a checkpoint. */
  async function begin(format: string) {
    const work = scratchFolder();
    writeRows(work);
    const output = path.join(work, `out.${format}`);
    const argv = [
      'batch',
      'run',
      MLP,
      '--local',
      '--input',
      path.join(work, 'in.jsonl'),
      '--output',
      output,
      ...COMMAND,
    ];
    const cli = startCli(argv);
    const state = path.join(`${output}.millrace-batch`, 'state.json');
    await until(
      'the run has a checkpoint',
      () => existsSync(state) && readFileSync(state, 'utf8').includes('"checkpoint":{'),
    );
    return { cli, work, argv, output };
  }

  it.each(['jsonl', 'csv', 'parquet'])(
    'by kill -9 gives the same bytes as one that is not: %s',
    { timeout: 120_000 },
    async (format) => {
      const { cli, work, argv, output } = await begin(format);
      cli.child.kill('SIGKILL');
      expect((await cli.ended).exit).toBe('SIGKILL');
      expect(existsSync(output)).toBe(false);
      const { exit, out } = await runCliProcess(...argv);
      expect(exit).toBe(0);
      expect(out).toMatch(/resumed +after [\d,]+ rows of an earlier run/);
      expect(read(output)).toBe(read(folder.whole, `out.${format}`));
      expect(read(`${output}.errors.jsonl`)).toBe(read(folder.whole, `out.${format}.errors.jsonl`));
      expect(existsSync(`${output}.millrace-batch`)).toBe(false);
      expect(work).not.toBe('');
    },
  );

  it('by Ctrl-C says how to go on, keeps others off while it runs, and knows when its input has changed', {
    timeout: 120_000,
  }, async () => {
    const { cli, work, argv, output } = await begin('jsonl');
    // It runs as long as the other one needs to find it.
    cli.child.kill('SIGSTOP');
    expect(await runCliProcess(...argv)).toMatchObject({
      exit: 1,
      err: `error: another run writes ${output}: wait for its end, or choose another --output\n`,
    });
    cli.child.kill('SIGINT');
    cli.child.kill('SIGCONT');
    expect(await cli.ended).toMatchObject({
      exit: 130,
      err: 'stopped; the same command goes on from the last checkpoint\n',
    });
    writeRows(work, 100);
    const changed = await runCliProcess(...argv);
    expect(changed.exit).toBe(1);
    expect(changed.err).toMatch(
      /was begun by another run \(input: .* before, .* now\): --restart discards what it did, another --output leaves it alone\n$/,
    );
    expect(await runCliProcess(...argv, '--restart')).toMatchObject({ exit: 0 });
    expect(objects(output)).toHaveLength(100);
  });
});

it('a folder of parts is a Parquet output as well', async () => {
  const folder = scratchFolder();
  mkdirSync(path.join(folder, 'out'));
  const output = path.join(folder, 'out/rows.parquet');
  expect(
    await run('--input', writeRows(folder, 300), '--output', output, '--parts', '--checkpoint-rows', '128'),
  ).toMatchObject({ exit: 0 });
  const { readdirSync } = await import('node:fs');
  expect(readdirSync(output)).toEqual(['part-00000000.parquet', 'part-00000001.parquet', 'part-00000002.parquet']);
});
