import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { FakeClock } from '../../../test/support/fake-clock.js';
import { finishedCall } from '../../../test/support/finished.js';
import { createAuditLog } from './audit-log.js';

const TIME = '"time":"2025-06-15T15:06:41.000Z"';
const IDS = '"request_id":"req-1","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","principal":"anonymous"';
const LOAD = { action: 'model.load', resource: 'mlp', call: finishedCall() };
const BEGUN = `{"level":"info",${TIME},"room":"service",${IDS},"action":"model.load","resource":"mlp","stage":"begun","msg":"model.load mlp: begun"}\n`;

describe('the audit log', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-audit-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const nowhere = { write: () => expect.unreachable('no line belongs here') };

  it('has a line for the beginning of a change and one for its end, with the ids of the call', () => {
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    const audit = createAuditLog({ file: '', output, clock: new FakeClock() });
    audit.record({ ...LOAD, stage: 'begun' });
    audit.record({ ...LOAD, stage: 'ended', outcome: 'ok' });
    audit.record({ ...LOAD, action: 'log.update', resource: '', stage: 'ended', outcome: 'permission_denied' });
    expect(lines).toEqual([
      BEGUN,
      `{"level":"info",${TIME},"room":"service",${IDS},"action":"model.load","resource":"mlp","stage":"ended","outcome":"ok","msg":"model.load mlp: ok"}\n`,
      `{"level":"warn",${TIME},"room":"service",${IDS},"action":"log.update","resource":"","stage":"ended","outcome":"permission_denied","msg":"log.update: permission_denied"}\n`,
    ]);
  });

  it('says what was changed, unless that is long', () => {
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    const audit = createAuditLog({ file: '', output, clock: new FakeClock() });
    const change = { before: { stable: 3 }, after: { stable: 4 } };
    audit.record({ ...LOAD, action: 'labels.change', stage: 'ended', outcome: 'ok', change });
    const long = { before: undefined, after: 'x'.repeat(5_000) };
    audit.record({ ...LOAD, action: 'route.put', stage: 'ended', outcome: 'ok', change: long });
    expect(JSON.parse(lines[0] ?? '')).toMatchObject(change);
    expect(Object.keys(JSON.parse(lines[1] ?? ''))).not.toContain('after');
  });

  it('cuts long names, which come from outside', () => {
    const lines: string[] = [];
    const output = { write: (line: string) => void lines.push(line) };
    createAuditLog({ file: '', output, clock: new FakeClock() }).record({
      ...LOAD,
      resource: 'x'.repeat(2_000),
      stage: 'begun',
    });
    expect(JSON.parse(lines[0] ?? '').resource).toBe(`${'x'.repeat(512)}…`);
  });

  it('goes to a file of its own that only the server’s user may read, and to a new one once that is renamed', () => {
    const file = join(folder, 'audit.jsonl');
    const audit = createAuditLog({ file, output: nowhere, clock: new FakeClock() });
    audit.record({ ...LOAD, stage: 'begun' });
    expect(readFileSync(file, 'utf8')).toBe(BEGUN);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    renameSync(file, join(folder, 'audit.1.jsonl'));
    audit.record({ ...LOAD, stage: 'begun' });
    expect(readFileSync(file, 'utf8')).toBe(BEGUN);
  });

  it('that cannot be written is found out at the start', () => {
    const file = join(folder, 'no', 'audit.jsonl');
    expect(() => createAuditLog({ file, output: nowhere, clock: new FakeClock() })).toThrow(
      expect.objectContaining({
        code: 'failed_precondition',
        message: `cannot write \`telemetry.auditFile\`: ENOENT: no such file or directory, open '${file}'`,
      }),
    );
  });
});
