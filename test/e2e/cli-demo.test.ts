import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CLI_ENTRY } from '../support/dist.js';

/** Runs a line as the demo prints it, with the command line that was built for the tests. */
async function run(line: string): Promise<string> {
  const command = line
    .replace(/^npx millrace/, `"${process.execPath}" "${CLI_ENTRY}"`)
    .replace(/^curl -s/, 'curl -sS --fail-with-body');
  const { stdout } = await promisify(execFile)('bash', ['-c', command]);
  return stdout;
}

describe('npm run demo', () => {
  it('shows answers and lines that work, keeps serving, and ends when told to', { timeout: 120_000 }, async () => {
    const child = spawn(process.execPath, ['examples/demo.mjs'], { env: { ...process.env, FORCE_COLOR: undefined } });
    let out = '';
    await new Promise<void>((serving, failed) => {
      child.stdout.on('data', (chunk: Buffer) => {
        out += chunk.toString();
        if (out.includes('Serving until Ctrl-C.')) serving();
      });
      child.once('exit', (code) => failed(new Error(`the demo ended with ${code}: ${out}`)));
    });
    try {
      expect(out).toMatch(/^meal_1\.jpg +food 0\.\d+/m);
      expect(out).toMatch(/[▇█]{20}/);
      const lines = [...out.matchAll(/^\$ (.+)$/gm)].map((match) => match[1] ?? '');
      expect(
        lines.map((line) =>
          line
            .split(' ')
            .slice(0, 4)
            .join(' ')
            .replace(/http:\S+:\d+/, 'URL'),
        ),
      ).toEqual(
        ['mobilenetv3', 'silero-vad', 'mlp', 'echo'].flatMap((model) => [
          `npx millrace infer ${model}`,
          `curl -s URL/v2/models/${model}/infer -H`,
        ]),
      );
      const answers = await Promise.all(lines.map(run));
      expect(answers.filter((answer) => answer === '')).toEqual([]);
      expect(answers[1]).toMatch(/"0\.7\d+:0:food"/);
      const [, metrics] = /metrics +(http:\S+)/.exec(out) ?? [];
      const [, docs] = /everything is described at (http:\S+)/.exec(out) ?? [];
      expect((await fetch(String(metrics))).status).toBe(200);
      expect((await fetch(String(docs))).status).toBe(200);
    } finally {
      child.removeAllListeners('exit');
      child.kill('SIGTERM');
    }
    const [code] = await once(child, 'exit');
    expect(code).toBe(0);
  });

  it('ends by itself with --once', { timeout: 120_000 }, async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ['examples/demo.mjs', '--once']);
    expect(stdout).toContain('water on the wheel');
    expect(stdout).not.toContain('Serving until');
  });
});
