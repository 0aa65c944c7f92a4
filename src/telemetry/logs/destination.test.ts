import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compileSource } from '../../../scripts/compile-source.mjs';
import { createTempFolder } from '../../../test/support/model-folder.js';
import { openOutput } from './destination.js';

const MODULE = pathToFileURL(await compileSource('telemetry/logs/destination')).href;

/** Runs `script` in a process of its own, with `openOutput` at hand; `stop` ends the standard input it may wait for. */
function start(script: string, stderr: 'pipe' | number = 'pipe', ...args: readonly string[]) {
  const text = `import { openOutput } from '${MODULE}';\n${script}`;
  // A script that waits for what does not come is ended.
  const child = spawn(process.execPath, ['--input-type=module', '-e', text, ...args], {
    stdio: ['pipe', 'pipe', stderr],
    timeout: 45_000,
    killSignal: 'SIGKILL',
  });
  const read = (stream: Readable | null): { text: string } => {
    const output = { text: '' };
    stream?.on('data', (chunk) => {
      output.text += chunk;
    });
    return output;
  };
  const [stdout, errors] = [read(child.stdout), read(child.stderr)];
  const ended = once(child, 'close').then(([code]) => ({ code, stdout: stdout.text, stderr: errors.text }));
  return { child, ended };
}

describe('lines on standard error', () => {
  it('have all left when close resolves, even if the process exits at once', async () => {
    const { code, stderr } = await start(`
      const output = await openOutput('auto', undefined, () => {});
      for (let i = 0; i < 20_000; i++) output.write('line ' + i + '\\n');
      await output.close();
      process.exit(3);`).ended;
    expect(code).toBe(3);
    expect(stderr).toBe(Array.from({ length: 20_000 }, (_, i) => `line ${i}\n`).join(''));
  });

  it('that nobody can take are counted, and harm nothing', async () => {
    const script = `
      const codes = [];
      const output = await openOutput('json', undefined, (code) => codes.push(code));
      output.write('a\\n');
      output.write('b\\n');
      while (output.dropped < 2) await new Promise(setImmediate);
      output.write('c\\n');
      await output.close();
      console.log(output.dropped, ...new Set(codes));`;
    const { code, stdout } = await start(script, openSync('/dev/full', 'w')).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '3 ENOSPC\n' });
  });

  it('are written again once a full disk has room', async () => {
    await using folder = await createTempFolder({});
    const script = `
      import { closeSync, openSync } from 'node:fs';
      const codes = [];
      const output = await openOutput('json', undefined, (code) => codes.push(code));
      output.write('lost\\n');
      while (codes.length < 1) await new Promise(setImmediate);
      closeSync(2);
      openSync(process.argv[1], 'w');
      output.write('kept\\n');
      await output.close();
      console.log(output.dropped, ...codes);`;
    const file = join(folder.path, 'log');
    const { code, stdout } = await start(script, openSync('/dev/full', 'w'), file).ended;
    expect({ code, stdout }).toEqual({ code: 0, stdout: '1 ENOSPC\n' });
    expect(await readFile(file, 'utf8')).toBe('kept\n');
  });

  it('whose reader has gone end nothing', async () => {
    const { child, ended } = start(`
      const codes = [];
      const output = await openOutput('json', undefined, (code) => codes.push(code));
      for await (const _ of process.stdin);
      output.write('a\\n');
      while (output.dropped < 1) await new Promise(setImmediate);
      output.write('b\\n');
      await output.close();
      console.log(output.dropped, ...codes);`);
    child.stderr?.destroy();
    child.stdin?.end();
    expect(await ended).toMatchObject({ code: 0, stdout: '2 EPIPE EPIPE\n' });
  });
});

describe('pretty lines', () => {
  async function prettify(line: object): Promise<string> {
    const lines: string[] = [];
    const output = await openOutput('pretty', { write: (text) => lines.push(text) }, () => {});
    output.write(`${JSON.stringify({ level: 'warn', time: '2025-06-15T15:06:41.000Z', room: 'server', ...line })}\n`);
    await output.close();
    return lines.join('').replace(/^\[.*?\]/, '[time]');
  }

  it('begin with time, level, room and message', async () => {
    expect(await prettify({ status: 404, error: 'no', msg: 'GET / 404' })).toBe(
      '[time] WARN: server: GET / 404 {"status":404,"error":"no"}\n',
    );
  });

  it('of requests and models fit into a line of a terminal, with what went wrong and where to find it', async () => {
    const request = {
      request_id: 'r-1',
      trace_id: 't-1',
      principal: 'anonymous',
      method: 'POST',
      route: '/v2/models/{model}/infer',
      path: '/v2/models/mlp/infer',
      status: 200,
      duration_ms: 1.234,
      queue_ms: 0.1,
      compute_ms: 0.5,
      batch_rows: 1,
      request_bytes: 100,
      response_bytes: 200,
      remote_address: '127.0.0.1',
    };
    const done = { ...request, level: 'info', msg: 'POST /v2/models/mlp/infer 200' };
    expect(await prettify(done)).toBe('[time] INFO: server: POST /v2/models/mlp/infer 200 in 1.234 ms\n');
    expect(await prettify({ ...done, skipped: 3 })).toBe(
      '[time] INFO: server: POST /v2/models/mlp/infer 200 in 1.234 ms {"skipped":3}\n',
    );
    const ready = {
      level: 'info',
      model: 'mlp',
      version: 1,
      generation: 6,
      state: 'ready',
      load_ms: 39,
      msg: 'model mlp/1 ready',
    };
    expect(await prettify(ready)).toBe('[time] INFO: server: model mlp/1 ready in 39 ms\n');
    expect(await prettify({ ...request, msg: 'POST /v2/models/mlp/infer 503', error: 'queue full' })).toBe(
      '[time] WARN: server: POST /v2/models/mlp/infer 503 in 1.234 ms {"request_id":"r-1","error":"queue full"}\n',
    );
  });

  it('show the cause below, as a stack is read', async () => {
    expect(await prettify({ msg: 'oh', cause: 'Error: x\n    at y' })).toBe(
      '[time] WARN: server: oh\n    Error: x\n        at y\n',
    );
  });

  it('hold nothing that a terminal would obey', async () => {
    expect(await prettify({ msg: 'GET /\u001b[31m\u009b2J\u0007\r 404', path: '\u001b]0;x' })).toBe(
      '[time] WARN: server: GET /\ufffd[31m\ufffd2J\ufffd\ufffd 404 {"path":"\ufffd]0;x"}\n',
    );
  });

  it('are not told apart from lines that somebody has put into a name or a message', async () => {
    const fake = 'x\n[12:00:00.000] INFO: service: model.load mlp: ok\u2028y\u202ez';
    expect(await prettify({ msg: fake, model: fake, cause: fake })).toBe(
      '[time] WARN: server: x {"model":"x\ufffd[12:00:00.000] INFO: service: model.load mlp: ok\ufffdy\ufffdz"}\n' +
        '    [12:00:00.000] INFO: service: model.load mlp: ok\ufffdy\ufffdz\n' +
        '    x\n' +
        '    [12:00:00.000] INFO: service: model.load mlp: ok\ufffdy\ufffdz\n',
    );
  });
});

it('lines for a given destination are JSON unless pretty is asked for', async () => {
  const lines: string[] = [];
  const output = await openOutput('auto', { write: (text) => lines.push(text) }, () => {});
  output.write('{"a":1}\n');
  await output.close();
  expect(lines).toEqual(['{"a":1}\n']);
  expect(output.dropped).toBe(0);
});
