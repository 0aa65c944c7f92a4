import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AppServer, startAppServer } from '../support/app-server.js';
import { scratchFolder } from '../support/batch-files.js';
import { run } from '../support/cli-fixture.js';

/** Gives rows of two numbers back, without a process of its own. */
const ECHO = `runtime: echo
maxBatchSize: 4
inputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
outputs: [{ name: x, datatype: FP32, shape: [-1, 2] }]
instances: { placement: inline }
`;
const MODELS = { 'echo/model.yaml': ECHO, 'echo/1/': '' };

let server: AppServer;
beforeAll(async () => {
  server = await startAppServer(MODELS);
});
afterAll(() => server[Symbol.asyncDispose]());

/** Runs the command over ten rows, of which the model cannot take the third. */
async function batch(...flags: readonly string[]) {
  const folder = scratchFolder();
  const input = path.join(folder, 'in.jsonl');
  const rows = Array.from({ length: 10 }, (_, id) => JSON.stringify({ id, x: id === 2 ? ['one', 1] : [id, 0.5] }));
  writeFileSync(input, rows.join('\n'));
  const output = path.join(folder, 'out.csv');
  const argv = ['batch', 'run', ...flags, '--input', input, '--output', output, '--keep', 'id'];
  const result = await run(argv, { cwd: server.folder.path });
  return { ...result, folder, output };
}

const ANSWERS = `id,x\n${[0, 1, 3, 4, 5, 6, 7, 8, 9].map((id) => `${id},"[${id}.0,0.5]"\n`).join('')}`;
const local = () => [path.join(server.folder.path, 'echo'), '--local'];
const remote = () => ['echo', '--url', `http://127.0.0.1:${server.port}`];

describe.each([
  ['in its own process', local],
  ["by a server's batches", remote],
])('millrace batch run %s', (_, mode) => {
  it('answers the rows, names those that it cannot answer, and reports the run', async () => {
    const ran = await batch(...mode(), '--max-errors', '1');
    expect({ code: ran.code, err: ran.err }).toEqual({ code: 0, err: '' });
    expect(ran.out).toContain('rows      10, of which 9 are in the output\n');
    expect(readFileSync(ran.output, 'utf8')).toBe(ANSWERS);
    expect(JSON.parse(readFileSync(`${ran.output}.errors.jsonl`, 'utf8'))).toEqual({
      row: 3,
      line: 3,
      kind: 'mismatch',
      message: "column 'x'[0]: expected FP32, got 'one'",
    });
    expect(existsSync(`${ran.output}.millrace-batch`)).toBe(false);
  });

  it('stops where more rows fail than may', async () => {
    const { code, output } = await batch(...mode(), '--max-errors', '0');
    expect([code, existsSync(output)]).toEqual([1, false]);
  });

  it('tries the first rows, and writes nothing', async () => {
    const { code, out, output } = await batch(...mode(), '--dry-run', '2');
    expect([code, existsSync(output)]).toEqual([0, false]);
    expect(out).toContain('tried     2 rows');
    expect(out.endsWith('nothing was written\n')).toBe(true);
  });

  it('prints events in place of a table, and writes its report as JSON and as a page', async () => {
    const asJson = path.join(scratchFolder(), 'report.json');
    const { code, out } = await batch(...mode(), '--json', '--report', asJson);
    expect(code).toBe(0);
    const events = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).event);
    expect([events.at(0), events.at(-1)]).toEqual(['plan', 'report']);
    expect(JSON.parse(readFileSync(asJson, 'utf8'))).toMatchObject({ rows: 10 });
    const asPage = path.join(scratchFolder(), 'report.html');
    await batch(...mode(), '--report', asPage);
    expect(readFileSync(asPage, 'utf8')).toMatch(/^<!doctype html>/i);
  });
});
