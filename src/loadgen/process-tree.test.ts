import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { mainThreadUsage, parsePs, processCpuMs, subtree, treeMemory, treeUsage } from './process-tree.js';

describe('a process tree', () => {
  it('is counted with its children', async () => {
    const script =
      "const c = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6); console.log(1)'], { stdio: ['pipe', 'inherit', 'inherit'] }); process.stdin.on('end', () => { c.kill(); process.exit(); }).resume();";
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
    await once(parent.stdout, 'data');
    const pid = parent.pid ?? 0;
    expect(treeUsage(pid).processes).toBe(2);
    expect(treeUsage(pid).cpuMs).toBeGreaterThan(0);
    expect(treeMemory(pid).bytes).toBeGreaterThan(1_000_000);
    parent.stdin.end();
    await once(parent, 'exit');
    expect(treeUsage(pid)).toEqual({ processes: 0, cpuMs: 0 });
  });
});

describe('a process', () => {
  const isKnown = process.platform === 'linux';

  it('is counted without its children, and its main thread alone, where the system tells', () => {
    const before = mainThreadUsage(process.pid)?.cpuMs ?? 0;
    const spentFrom = process.cpuUsage();
    while (process.cpuUsage(spentFrom).user < 50_000);
    const after = mainThreadUsage(process.pid);
    expect((after?.cpuMs ?? 0) > before).toBe(isKnown);
    expect((after?.waitedMs ?? -1) >= 0).toBe(isKnown);
    expect((processCpuMs(process.pid) ?? 0) > 0).toBe(isKnown);
  });

  it('has used nothing that is known where it is gone', () => {
    expect([processCpuMs(2 ** 30), mainThreadUsage(2 ** 30)]).toEqual([undefined, undefined]);
  });
});

describe('parsePs', () => {
  it('reads the time formats of Linux and macOS', () => {
    expect(parsePs('    1     0  1024 00:00:02\n   42     1  2048 1-02:03:04\n   43    42     8   0:01.50\n')).toEqual([
      { pid: 1, parentPid: 0, cpuMs: 2_000, rssBytes: 1_048_576 },
      { pid: 42, parentPid: 1, cpuMs: 93_784_000, rssBytes: 2_097_152 },
      { pid: 43, parentPid: 42, cpuMs: 1_500, rssBytes: 8_192 },
    ]);
  });
});

describe('subtree', () => {
  it('finds all descendants and nobody else', () => {
    const row = (pid: number, parentPid: number) => ({ pid, parentPid, cpuMs: 0, rssBytes: 0 });
    const rows = [row(1, 0), row(5, 1), row(6, 5), row(7, 1), row(8, 6)];
    expect(subtree(rows, 5).map(({ pid }) => pid)).toEqual([5, 6, 8]);
    expect(subtree(rows, 99)).toEqual([]);
  });
});
