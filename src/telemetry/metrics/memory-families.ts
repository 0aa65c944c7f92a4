import type { MemoryUsage } from '../../engine/index.js';
import { type Family, single } from './family.js';

/** The memory budget; nothing where the server has none. */
export function memoryFamilies(usage: () => MemoryUsage | undefined): readonly Family[] {
  const gauge = (name: string, help: string, read: (usage: MemoryUsage) => number): Family => ({
    name,
    help,
    type: 'gauge',
    collect() {
      const known = usage();
      return known === undefined ? [] : single(read(known));
    },
  });
  return [
    gauge(
      'millrace_memory_budget_bytes',
      'Memory that the server and its runners may hold together.',
      ({ budgetBytes }) => budgetBytes,
    ),
    gauge(
      'millrace_memory_reserved_bytes',
      'Memory that is promised to loads under way, at their peak.',
      ({ reservedBytes }) => reservedBytes,
    ),
  ];
}
