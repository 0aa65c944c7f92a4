import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { closeServer, run, start } from '../../test/support/cli-fixture.js';
import { jsonAnswer } from '../../test/support/fake-server.js';
import { createTempFolder } from '../../test/support/model-folder.js';

afterEach(closeServer);

const RATE = { severity: 'page', factor: 14.4, long_window_ms: 3_600_000, short_window_ms: 300_000, burning: true };
const FRAUD = {
  slo: 'fraud-latency',
  model: 'fraud',
  indicator: 'latency',
  threshold_ms: 50,
  objective: 0.999,
  window_ms: 2_592_000_000,
  requests: 12_345,
  bad_requests: 124,
  good_ratio: 0.98995,
  error_budget_remaining: -9.04,
  burn_rates: [RATE, { ...RATE, severity: 'ticket' }, { ...RATE, severity: 'ticket' }],
};
const LIVE = {
  ...FRAUD,
  slo: 'live',
  model: undefined,
  route: 'live',
  indicator: 'availability',
  threshold_ms: undefined,
  requests: 0,
  bad_requests: 0,
  good_ratio: undefined,
  error_budget_remaining: 1,
  burn_rates: [{ ...RATE, burning: false }],
};

describe('millrace slo list', () => {
  it('shows objectives, the rest of their budgets and the alerts that fire', async () => {
    await start({ 'GET /millrace/v1/slos': () => jsonAnswer({ slos: [FRAUD, LIVE] }) });
    const { out, code } = await run(['slo', 'list']);
    expect(code).toBe(0);
    expect(out.split('\n').map((line) => line.trimEnd().replace(/ {3,}/g, ' | '))).toEqual([
      'SLO | OF | OBJECTIVE | GOOD | REQUESTS | BUDGET LEFT | ALERTS',
      'fraud-latency | fraud | 99.9% over 30d, answer within 50ms | 98.995% | 12,345 | -904% | page, ticket',
      'live | route live | 99.9% over 30d answered | 0 | 100%',
      '',
    ]);
  });

  it('says where there are none, and prints JSON', async () => {
    await start({ 'GET /millrace/v1/slos': () => jsonAnswer({ slos: [] }) });
    expect((await run(['slo', 'list'])).out).toBe('no SLOs\n');
    expect(JSON.parse((await run(['slo', 'list', '--json'])).out)).toEqual({ slos: [] });
  });
});

describe('millrace slo generate', () => {
  const settings = async (text: string) => {
    const folder = await createTempFolder();
    await writeFile(path.join(folder.path, 'millrace.yaml'), text);
    return folder.path;
  };
  const generate = (cwd: string, ...flags: readonly string[]) =>
    run(['slo', 'generate', '-c', 'millrace.yaml', ...flags], { cwd });

  it('writes rules and a file of tests for each objective, with windows as long as they are asked for', async () => {
    const cwd = await settings('slos: { a: { model: fraud, objective: 0.99 }, b: { route: live, objective: 0.9 } }\n');
    expect(await generate(cwd, '--output', 'rules', '--scale', '60')).toEqual({
      code: 0,
      err: '',
      out: 'wrote rules/millrace-slos.rules.yaml\nwrote rules/millrace-slo-a.tests.yaml\nwrote rules/millrace-slo-b.tests.yaml\n',
    });
    const folder = path.join(cwd, 'rules');
    expect((await readdir(folder)).length).toBe(3);
    const read = async (name: string) => readFile(path.join(folder, name), 'utf8');
    const rules = parse(await read('millrace-slos.rules.yaml'));
    expect(rules.groups.map(({ name, interval }: Record<string, string>) => [name, interval])).toEqual([
      ['millrace-slo-a', '1s'],
      ['millrace-slo-b', '6s'],
    ]);
    expect(parse(await read('millrace-slo-b.tests.yaml'))).toMatchObject({
      rule_files: ['millrace-slos.rules.yaml'],
      evaluation_interval: '6s',
    });
    expect(parse((await generate(cwd)).out).groups[0].interval).toBe('1m');
  });

  it.each([
    ['', [], 'error: the settings have no SLOs: set slos, as docs/slos.md shows\n'],
    [
      'slos: { a: { model: m, objective: 0.9 } }',
      ['--scale', '0'],
      "error: --scale: expected a number from 1 to 10000, got '0'\n",
    ],
    ['slos: { a: { objective: 0.9 } }', [], 'slos.a: expected either model or route, got neither'],
    ['slos: { a: { model: m } }', [], 'slos.a.objective'],
  ])('refuses the settings %j with the flags %j', async (text, flags, message) => {
    const { code, err } = await generate(await settings(text), ...flags);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
