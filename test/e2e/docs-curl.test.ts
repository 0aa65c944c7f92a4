import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createMillrace, type Millrace } from '../../src/index.js';
import { CLI_ENTRY, RUNNER_ENTRY } from '../support/dist.js';

/** A block of shell marked `sh test`, and what its answer must contain where a `json expect` block follows it. */
interface Example {
  readonly page: string;
  readonly line: number;
  readonly script: string;
  readonly expected: unknown;
}

const PAGES = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const BLOCK = /^```sh test\n(?<script>.*?)^```\n(?:\n```json expect\n(?<expected>.*?)^```$)?/gms;

function examplesOf(page: string): readonly Example[] {
  const text = readFileSync(page, 'utf8').replaceAll('\r\n', '\n');
  return [...text.matchAll(BLOCK)].map((match) => ({
    page,
    line: text.slice(0, match.index).split('\n').length,
    script: match.groups?.script ?? '',
    expected: match.groups?.expected === undefined ? undefined : JSON.parse(match.groups.expected),
  }));
}

/** Numbers in an example are rounded for the reader. */
function approximate(expected: unknown): unknown {
  if (typeof expected === 'number' && !Number.isInteger(expected)) return expect.closeTo(expected, 4);
  if (Array.isArray(expected)) return expected.map(approximate);
  if (typeof expected !== 'object' || expected === null) return expected;
  return expect.objectContaining(
    Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, approximate(value)])),
  );
}

describe('examples in the documentation', () => {
  let millrace: Millrace;
  let ports: { readonly http: number; readonly metrics: number };

  beforeAll(async () => {
    millrace = await createMillrace({
      settings: {
        repository: { paths: ['examples/models'], controlMode: 'explicit', loadModels: ['*'] },
        server: { httpPort: 0, grpcPort: -1, metricsPort: 0 },
        runners: { entry: RUNNER_ENTRY },
        telemetry: { logLevel: 'silent' },
      },
    });
    const { http, metrics } = await millrace.listen();
    ports = { http: http.port, metrics: metrics?.port ?? 0 };
  });
  afterAll(() => millrace.close());

  async function run(script: string): Promise<string> {
    const command = script
      .replaceAll('localhost:8000', `localhost:${ports.http}`)
      .replaceAll('localhost:8002', `localhost:${ports.metrics}`)
      .replaceAll('curl -s', 'curl -sS --fail-with-body')
      .replaceAll('npx millrace', `"${process.execPath}" "${CLI_ENTRY}"`);
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', command]);
    return stdout;
  }

  it.each(PAGES.flatMap(examplesOf))('$page line $line works as written', async ({ script, expected }) => {
    const output = await run(script);
    expect(output).not.toBe('');
    if (expected !== undefined) expect(JSON.parse(output)).toEqual(approximate(expected));
  });
});
