import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Placement, RunnerDiedError, readProcessStates } from '../../src/runtimes/index.js';
import { FakeClock } from '../support/fake-clock.js';
import { FAULTY, failureOf, faultyItem, rowsOf } from '../support/faulty-model.js';
import { identityGraph, writeOnnx } from '../support/onnx-builder.js';
import { batchItem, numbersOf } from '../support/tensors.js';
import { createTestHost, loadSpec, runBatch, type TestHost } from '../support/test-host.js';

const folder = mkdtempSync(path.join(tmpdir(), 'millrace-host-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GIBIBYTE = 1_073_741_824;

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Holds up this thread until the process has ended, which nobody here has noticed then. */
function blockUntilEnded(pid = 0): void {
  execFileSync('sh', ['-c', `until ps -o stat= -p ${pid} | grep -q Z; do :; done`], { timeout: 20_000 });
}

let hosted: TestHost;
beforeEach(() => {
  hosted = createTestHost();
});
afterEach(() => hosted.host.close());

describe('a runner process', () => {
  test('is another process, recognisable by its title, and announced with its start time', async () => {
    const instance = await hosted.load(FAULTY);
    expect(instance.pid).not.toBe(process.pid);
    const started = await hosted.event('runnerStarted');
    expect(started).toMatchObject({ runner: 'model/1#0', pid: instance.pid });
    const title = execFileSync('ps', ['-o', 'args=', '-p', String(instance.pid)], { encoding: 'utf8' });
    expect(title.trim()).toMatch(/^millrace-runner model\/1#0/);
  });

  test('needs the memory of its process; a model that joins it, only the growth', async () => {
    const alone = await hosted.load(FAULTY);
    const need = await alone.memoryNeed?.();
    const { rssBytes = 0 } = (await readProcessStates([alone.pid])).get(alone.pid) ?? {};
    expect((need?.restBytes ?? 0) / rssBytes).toBeGreaterThan(0.5);
    expect((need?.restBytes ?? 0) / rssBytes).toBeLessThan(2);
    expect(need?.peakBytes).toBeGreaterThanOrEqual(need?.restBytes ?? Number.NaN);
    await alone.close();
    expect(await alone.memoryNeed?.()).toBeUndefined();
    const placement: Placement = { kind: 'process', runner: 'shared', maxRssBytes: 0 };
    const first = await hosted.load(FAULTY, placement);
    const second = await hosted.load(FAULTY, placement);
    expect(second.pid).toBe(first.pid);
    const [whole, growth] = await Promise.all([first.memoryNeed?.(), second.memoryNeed?.()]);
    expect((growth?.restBytes ?? 0) / (whole?.restBytes ?? 0)).toBeLessThan(0.8);
  });

  test('ends when its model is closed, and says that this was expected', async () => {
    const instance = await hosted.load(FAULTY);
    await instance.close();
    expect(await instance.exited).toBe('closed');
    expect(isAlive(instance.pid)).toBe(false);
    expect(await hosted.event('runnerExited')).toMatchObject({ reason: 'closed', expected: true, pid: instance.pid });
  });

  test('refuses batches once it is closed', async () => {
    const instance = await hosted.load(FAULTY);
    await instance.close();
    await expect(runBatch(instance, [faultyItem(1)])).rejects.toMatchObject({
      code: 'unavailable',
      message: 'runner model/1#0 is gone: closed',
      started: false,
      retryAfterMs: 1_000,
    });
  });

  test.each([
    ['exits', 'exit', 'exited with code 3'],
    ['aborts', 'abort', 'ended by SIGABRT'],
  ])('that %s fails what it was running, with the reason', async (_label, fault, reason) => {
    const instance = await hosted.load(FAULTY);
    const error = await failureOf(instance, fault);
    expect(error).toBeInstanceOf(RunnerDiedError);
    expect(error).toMatchObject({
      code: 'unavailable',
      message: `runner model/1#0 is gone: ${reason}`,
      started: true,
    });
    expect(await instance.exited).toBe(reason);
    expect(await hosted.event('runnerExited')).toMatchObject({ reason, expected: false });
  });

  test('invites nobody to send again what it may have done before it died', async () => {
    const instance = await hosted.load(FAULTY);
    const errors = await Promise.all([failureOf(instance, 'exit'), failureOf(instance, 'raise')]);
    expect(errors).toMatchObject([
      { started: true, retryAfterMs: undefined },
      { started: false, retryAfterMs: 1_000 },
    ]);
  });

  test('that hangs can be killed; only the oldest outstanding batch had started', async () => {
    const instance = await hosted.load(FAULTY);
    const settled = [failureOf(instance, 'hang'), failureOf(instance, 'raise'), failureOf(instance, 'raise')];
    instance.kill('ran longer than 50 ms');
    const errors = await Promise.all(settled);
    expect(errors.map((error) => error instanceof RunnerDiedError && error.started)).toEqual([true, false, false]);
    expect(errors[1]).toMatchObject({ message: 'runner model/1#0 is gone: ran longer than 50 ms' });
    expect(await instance.exited).toBe('ran longer than 50 ms');
    expect(isAlive(instance.pid)).toBe(false);
  });

  test('keeps answers that it gave before it died', async () => {
    const instance = await hosted.load(FAULTY);
    const [first, second] = await Promise.all([runBatch(instance, [faultyItem(5)]), failureOf(instance, 'exit')]);
    expect(first.emissions.map((emission) => emission.callId)).toEqual([5]);
    expect(second).toMatchObject({ started: true });
  });

  test('keeps answers that are still unread when its end is noticed', async () => {
    const instance = await hosted.load(FAULTY);
    // Ends are noticed last in a turn of the loop, those of all processes at once. So the runner has to answer and end in a turn
    // in which another process's end is noticed anyway, before that.
    const other = spawn('echo', { stdio: ['ignore', 'pipe', 'ignore'] });
    const outcome = new Promise<[unknown, unknown]>((resolve) => {
      other.stdout.once('data', () => {
        const work = [runBatch(instance, [faultyItem(5)]), failureOf(instance, 'exit')] as const;
        blockUntilEnded(instance.pid);
        resolve(Promise.all(work));
      });
    });
    blockUntilEnded(other.pid);
    expect(await outcome).toMatchObject([{ emissions: [{ callId: 5 }] }, { started: true }]);
    expect(await instance.exited).toBe('exited with code 3');
  });

  test('that a signal has stopped is killed, busy or not', async () => {
    const instance = await hosted.load(FAULTY);
    process.kill(instance.pid, 'SIGSTOP');
    const waiting = runBatch(instance, [faultyItem(1)]).catch((error: unknown) => error);
    expect(await instance.exited).toBe('was stopped by a signal for 2 s');
    expect(await waiting).toMatchObject({
      code: 'unavailable',
      started: true,
      overMemory: false,
      message: 'runner model/1#0 is gone: was stopped by a signal for 2 s',
    });
  });

  test('that uses too much memory is killed with its model, both numbers and what to set in the reason', async () => {
    const placement: Placement = { kind: 'process', runner: undefined, maxRssBytes: 268_435_456 };
    const instance = await hosted.load(FAULTY, placement);
    expect(instance.memoryLimit).toMatchObject({ bytes: 268_435_456, source: 'model' });
    const error = await failureOf(instance, 'allocate');
    expect(error).toMatchObject({ started: true });
    expect(String(await instance.exited)).toMatch(
      /^model 'model\/1' used (2[5-9]\d|[3-9]\d\d|\d{4,}) MiB, limit 256 MiB \(limits\.maxRssBytes\); if that is not a leak, set limits\.maxRssBytes of the model to \d{10}$/,
    );
  });

  test('may use as much as the files of its models need, each of those that share it, while they are there', async () => {
    const other = createTestHost({ maxRssBytes: 0, memoryBytes: 64 * GIBIBYTE });
    const placement: Placement = { kind: 'process', runner: 'shared', maxRssBytes: 0 };
    const large = { ...FAULTY, sizeBytes: 2 * GIBIBYTE };
    const first = await other.load(large, placement);
    expect(first.memoryLimit).toEqual({ bytes: 7 * GIBIBYTE, source: 'files', estimate: 7 * GIBIBYTE });
    const second = await other.load(large, placement);
    expect([first.memoryLimit?.bytes, second.memoryLimit?.bytes]).toEqual([13 * GIBIBYTE, 13 * GIBIBYTE]);
    expect(await other.event('runnerMemory', ({ limitBytes }) => limitBytes === 13 * GIBIBYTE)).toMatchObject({
      runner: 'shared',
    });
    await first.close();
    expect(second.memoryLimit?.bytes).toBe(7 * GIBIBYTE);
    await other.host.close();
  });

  test('that several models share is killed without naming one to the callers of another', async () => {
    const placement: Placement = { kind: 'process', runner: 'shared', maxRssBytes: 134_217_728 };
    const instance = await hosted.load(FAULTY, placement);
    await hosted.load({ ...FAULTY, ref: { ...FAULTY.ref, name: 'secret' } }, placement);
    await failureOf(instance, 'allocate');
    expect(String(await instance.exited)).toMatch(
      /^2 models in one runner used \d+ MiB, limit 256 MiB \(limits\.maxRssBytes\); /,
    );
    expect(await hosted.event('diagnostic')).toMatchObject({
      level: 'error',
      message: "runner 'shared' takes too much memory; its models are model/1, secret/1",
    });
  });

  test('gets large batches whole and unmixed, more at a time than its shared memory holds', async () => {
    const echo = loadSpec({
      runtime: 'echo',
      declared: { inputs: [rowsOf('x', [-1, 500_000])], outputs: [rowsOf('y', [-1, 500_000])] },
    });
    const instance = await hosted.load(echo);
    const answers = await Promise.all(
      Array.from({ length: 40 }, async (_, callId) => {
        const values = new Float32Array(500_000).fill(callId);
        const input = {
          name: 'x',
          datatype: 'FP32',
          shape: [1, 500_000],
          data: new Uint8Array(values.buffer),
        } as const;
        return await runBatch(instance, [batchItem(callId, [input])]);
      }),
    );
    for (const [callId, { emissions }] of answers.entries()) {
      expect(emissions.map((emission) => emission.callId)).toEqual([callId]);
      expect(numbersOf(emissions[0]?.outputs?.[0]).every((value) => value === callId)).toBe(true);
    }
  });

  test('has its memory looked at and published', async () => {
    const instance = await hosted.load(FAULTY);
    // The first look may come before the process has become what it is to run.
    const memory = await hosted.event('runnerMemory', ({ rssBytes }) => rssBytes > 10_000_000);
    expect(memory).toMatchObject({ runner: 'model/1#0', pid: instance.pid });
  });

  test('does not end by a signal meant for the whole group', async () => {
    const instance = await hosted.load(FAULTY);
    process.kill(instance.pid, 'SIGINT');
    process.kill(instance.pid, 'SIGTERM');
    const { emissions } = await runBatch(instance, [faultyItem(1)]);
    expect(emissions[0]?.error).toBeUndefined();
  });

  test('that is killed from outside is noticed', async () => {
    const instance = await hosted.load(FAULTY);
    process.kill(instance.pid, 'SIGKILL');
    expect(await instance.exited).toBe('ended by SIGKILL (out of memory?)');
  });

  test('of an ONNX model leaves nothing of ONNX Runtime in the home and temporary folders', async () => {
    const home = mkdtempSync(path.join(folder, 'home-'));
    for (const name of ['HOME', 'TMPDIR', 'XDG_CACHE_HOME']) vi.stubEnv(name, home);
    // It also keeps quiet where these say that it shall, or that this is a build machine.
    for (const name of ['CI', 'GITHUB_ACTIONS', 'ORT_DISABLE_TELEMETRY']) vi.stubEnv(name, undefined);
    const graph = identityGraph([{ name: 'x', type: 'float32', dims: [1] }]);
    const file = writeOnnx(path.join(folder, 'quiet.onnx'), graph);
    const instance = await hosted.load(loadSpec({ runtime: 'onnx', path: file }));
    await instance.close();
    expect(readdirSync(home)).toEqual([]);
  });

  test('fails an item alone where the runtime does', async () => {
    const instance = await hosted.load(FAULTY);
    const { emissions } = await runBatch(instance, [faultyItem(1), faultyItem(2, 'raiseItem'), faultyItem(3)]);
    const byCall = new Map(emissions.map((emission) => [emission.callId, emission]));
    expect(byCall.get(2)?.error).toEqual({ code: 'internal', message: "echo: fault 'raiseItem'" });
    expect([1, 3].map((callId) => numbersOf(byCall.get(callId)?.outputs[0]))).toEqual([
      [1, 2, 3, 4],
      [3, 2, 3, 4],
    ]);
  });
});

describe('a load', () => {
  test('starts a process that has declined telemetry before any code of it runs', async () => {
    const entry = path.join(folder, 'tells.mjs');
    writeFileSync(entry, 'process.stderr.write(`${process.env.ORT_DISABLE_TELEMETRY}\\n`); process.exit(9);');
    const other = createTestHost({ entry });
    await expect(other.load(FAULTY)).rejects.toThrow('exited with code 9');
    expect(await other.event('diagnostic')).toMatchObject({ message: '1' });
    await other.host.close();
  });

  test('gives a runner of its own the flags for Node that the runtime names, and a shared one none', async () => {
    const entry = path.join(folder, 'tells-flags.mjs');
    writeFileSync(entry, 'process.stderr.write(`${process.env.NODE_OPTIONS}\\n`); process.exit(9);');
    const flagsOf = async (runtime: string, runner?: string) => {
      const other = createTestHost({ entry });
      const placement: Placement = { kind: 'process', runner, maxRssBytes: 0 };
      await expect(other.load(loadSpec({ runtime }), placement)).rejects.toThrow('exited with code 9');
      const { message } = await other.event('diagnostic');
      await other.host.close();
      return message;
    };
    expect(await flagsOf('onnx')).toBe('--max-semi-space-size=2 --v8-pool-size=1');
    expect(await flagsOf('onnx', 'shared')).toBe('undefined');
    expect(await flagsOf('script')).toBe('undefined');
  });

  test('that dies rejects with the reason and leaves nothing behind', async () => {
    const entry = path.join(folder, 'dies.mjs');
    writeFileSync(entry, "process.stderr.write('no such library\\n'); process.exit(9);");
    const other = createTestHost({ entry });
    await expect(other.load(FAULTY)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'runner model/1#0 is gone: exited with code 9',
    });
    expect(await other.event('diagnostic')).toMatchObject({ level: 'warn', message: 'no such library' });
    await other.host.close();
  });

  test('that takes too long is ended', async () => {
    const entry = path.join(folder, 'hangs.mjs');
    writeFileSync(entry, 'for (;;);');
    const clock = new FakeClock();
    const other = createTestHost({ entry, memoryPollIntervalMs: 1e9 }, clock);
    const loading = other.load(FAULTY);
    loading.catch(() => undefined);
    await clock.advance(20_000);
    await expect(loading).rejects.toMatchObject({
      code: 'unavailable',
      message: 'runner model/1#0 is gone: loading took longer than 20000 ms',
    });
    await other.host.close();
  });

  test('by a runner of another version is refused', async () => {
    const entry = path.join(folder, 'stranger.mjs');
    writeFileSync(
      entry,
      "import fs from 'node:fs'; fs.writeSync(4, new Uint32Array([16, 77, 0, 0])); setInterval(() => 0, 1e6);",
    );
    const other = createTestHost({ entry });
    await expect(other.load(FAULTY)).rejects.toMatchObject({
      message: "runner model/1#0 is gone: speaks protocol another, expected 9; is 'runners.entry' of this version?",
    });
    await other.host.close();
  });

  test('by a runner that talks nonsense is refused', async () => {
    const entry = path.join(folder, 'nonsense.mjs');
    writeFileSync(
      entry,
      "import fs from 'node:fs'; fs.writeSync(4, 'hello, world: what?'); setInterval(() => 0, 1e6);",
    );
    const other = createTestHost({ entry });
    await expect(other.load(FAULTY)).rejects.toMatchObject({
      message: 'runner model/1#0 is gone: sent a malformed answer',
    });
    await other.host.close();
  });

  test('is refused once the host is closed', async () => {
    await hosted.host.close();
    await expect(hosted.load(FAULTY)).rejects.toMatchObject({
      code: 'unavailable',
      message: 'the server is closing; it loads no more models',
    });
  });
});
