import { describe, expect, it } from 'vitest';
import { compareBuilds, runRows } from '../../bench/bench.js';
import { formatComparison } from '../../bench/compare.js';
import { canRecord } from '../../bench/harness/perf.js';
import { profileMillrace } from '../../bench/harness/profile.js';
import { formatMarkdown } from '../../bench/harness/report.js';
import type { BenchSettings } from '../../bench/harness/row.js';
import { allRows } from '../../bench/workloads/index.js';
import { planRows } from '../../bench/workloads/plan.js';
import { PROFILES } from '../../bench/workloads/profiles.js';

const TINY: BenchSettings = {
  rounds: 1,
  // Long enough that a stall of a busy machine does not leave a contestant without a single answer.
  seconds: 0.5,
  warmUpSeconds: 0.05,
  generator: 'own',
  peers: false,
  trial: true,
  say: () => {},
};

describe('the benchmark', () => {
  it.each(['W1', 'W2-batch'])('runs row %s against its controls and writes a report', async (id) => {
    const report = await runRows(
      allRows().filter((row) => row.id === id),
      TINY,
    );
    const [row] = report.rows;
    expect(row?.notes).toEqual([]);
    for (const { samples } of row?.contestants ?? []) {
      expect(samples[0]?.rowsPerSecond).toBeGreaterThan(0);
      expect(samples[0]?.errors ?? 0).toBe(0);
    }
    // Peers are not here, and servers that are still cold are not judged.
    expect(row?.bars.map(({ verdict }) => verdict)).toEqual(
      row?.bars.map(({ text }) => (/mosec|triton/.test(text) ? 'not run' : 'not judged')),
    );
    expect(formatMarkdown(report)).toContain(`## ${id}: `);
  });

  it('has a row of its own for each name', () => {
    const ids = allRows().map((row) => row.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('predictions', () => {
  it('are made of a server and stand beside what an open loop measures', async () => {
    const report = await runRows(planRows().slice(0, 1), { ...TINY, rounds: 2 });
    const [row] = report.rows;
    const parts = ['highest', '1/4', '1/2', '3/4'];
    expect(row?.contestants.map(({ name, samples }) => [name, samples.length])).toEqual(
      parts.flatMap((part) => [
        [`measured ${part}`, 2],
        [`predicted ${part}`, 2],
      ]),
    );
    const ratios = row?.bars.map(({ text, counted, spread }) => [text, counted, (spread?.median ?? 0) > 0]);
    expect(ratios).toContainEqual(['p95 ms: predicted 1/2 / measured 1/2', 2, true]);
    expect(ratios).toHaveLength(10);
    expect(ratios?.every(([, counted, isPositive]) => counted === 2 && isPositive)).toBe(true);
    expect(row?.notes[0]).toMatch(/^round 1: runs 1: [\d.]+ ms, .+; waited for a core in \d+ % of the time$/);
  });
});

describe('a profile', () => {
  it('says where the time of a request goes, by process and by function', async () => {
    const workload = PROFILES['W1-inline']?.();
    const text = workload && (await profileMillrace(workload, TINY));
    expect(text).toMatch(/^# mlp-16x10, one row JSON, 32 connections, inline\ndate: /);
    expect(text).toMatch(/^\d+ requests a second, \d+\.\d µs of CPU for each:\nserver \d+\.\d µs, runners 0\.0 µs$/m);
    expect(text).toMatch(
      canRecord() ? /^By part, \d+ samples of perf\n +\d+\.\d % {2}server {2}/m : /^perf is not here, or not allowed$/m,
    );
    expect(text).toMatch(/^ +\d+\.\d % {2}.+ \(dist\/protocols\/.+\.js:\d+\)$/m);
  });
});

describe('two builds', () => {
  it.each(['W1', 'grpc-W1'])('are measured in turn on %s, in the folder of a checkout or its dist', async (wanted) => {
    const folder = wanted === 'W1' ? '.' : 'dist';
    const report = await compareBuilds(folder, { ...TINY, rounds: 2 }, { processes: 1, wanted });
    const [row] = report.rows;
    expect(row?.notes).toEqual([]);
    expect(row?.contestants.map(({ name, samples }) => [name, samples.length])).toEqual([
      ['old', 2],
      ['again', 2],
      ['new', 2],
    ]);
    for (const { samples } of row?.contestants ?? []) {
      for (const sample of samples) {
        expect(sample.cpuUsPerRequest).toBeGreaterThan(0);
        expect(sample.errors ?? 0).toBe(0);
      }
    }
    const interval = String.raw`\d+\.\d{3} \(\d+\.\d{3}–\d+\.\d{3}\)`;
    expect(formatComparison(report)).toMatch(
      new RegExp(String.raw`^\| ${wanted} \| CPU µs/req \| ${interval} \| < 1\.05 \| ${interval} \| .+ \|$`, 'm'),
    );
  });

  it('are not compared where there is no build', async () => {
    await expect(compareBuilds('docs', TINY, { processes: 1, wanted: undefined })).rejects.toThrow(
      'no build in docs: expected dist/cli/main.js (npm run build)',
    );
  });
});
