import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';

const DASHBOARDS = readdirSync('deploy/grafana').filter((name) => name.endsWith('.json'));
/** Of Prometheus itself, and of Node's process as prom-client names them. */
const FOREIGN = /^(up|process_resident_memory_bytes|process_cpu_seconds_total)$/;

it('the dashboards are what their definitions say', () => {
  expect(execFileSync(process.execPath, ['deploy/grafana/build.mjs', '--check'], { encoding: 'utf8' })).toBe('');
  expect(DASHBOARDS).toHaveLength(5);
});

it.each([...DASHBOARDS.map((name) => path.join('deploy/grafana', name)), 'deploy/prometheus/millrace.rules.yaml'])(
  'every metric of %s is documented',
  (file) => {
    const named =
      readFileSync(file, 'utf8').match(/\b(?:millrace_[a-z_]+|process_[a-z_]+|vllm:[a-z_]+)(?=[[{ )])/g) ?? [];
    const documented = ['docs/operations.md', 'docs/language-models.md']
      .map((page) => readFileSync(page, 'utf8'))
      .join('\n');
    const unknown = named
      .map((name) => name.replace(/_(bucket|sum|count)$/, '').replace(/^millrace_runtime_/, ''))
      .filter((name) => !FOREIGN.test(name) && !documented.includes(`\`${name}\``));
    expect(new Set(unknown)).toEqual(new Set());
    expect(named.length).toBeGreaterThan(5);
  },
);
