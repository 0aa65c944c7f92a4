import { readdirSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';
import { type EventLoopUtilization, type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { type Family, NO_LABELS, single } from './family.js';

const RESOLUTION_MS = 20;

/** Metrics of this process and machine. Utilisations and lags cover the time since the last scrape. */
export interface ProcessMetrics {
  readonly families: readonly Family[];
  /** Stops watching the event loop. */
  close(): void;
}

export function createProcessMetrics(version: string): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const families = [
    {
      name: 'millrace_build_info',
      help: '1; the labels say what is running.',
      type: 'gauge' as const,
      collect: () => [{ labels: { version, node: process.version }, sharedLabels: NO_LABELS, value: 1 }],
    },
    ...eventLoopFamilies(delay),
    ...processFamilies(),
    ...machineFamilies(),
  ];
  return { families, close: () => delay.disable() };
}

function gauge(name: string, help: string, read: () => number): Family {
  return { name, help, type: 'gauge', collect: () => single(read()) };
}

function counter(name: string, help: string, read: () => number): Family {
  return { name, help, type: 'counter', collect: () => single(read()) };
}

function eventLoopFamilies(delay: IntervalHistogram): readonly Family[] {
  let seen: EventLoopUtilization = performance.eventLoopUtilization();
  return [
    {
      name: 'millrace_event_loop_lag_seconds',
      help: 'How late the event loop ran a timer, by percentile; 100 is the longest.',
      type: 'gauge',
      collect: () => {
        const samples = [50, 90, 99, 100].map((percentile) => ({
          labels: { percentile: String(percentile) },
          sharedLabels: NO_LABELS,
          // The histogram holds the whole time between two ticks of the watching timer, and 511 ns while it is empty.
          value: Math.max(0, delay.percentile(percentile) / 1e6 - RESOLUTION_MS) / 1_000,
        }));
        delay.reset();
        return samples;
      },
    },
    gauge('millrace_event_loop_utilization', 'Share of the time in which the event loop was busy.', () => {
      const now = performance.eventLoopUtilization();
      const { utilization } = performance.eventLoopUtilization(now, seen);
      seen = now;
      return utilization;
    }),
  ];
}

function processFamilies(): readonly Family[] {
  const startedAtS = Math.floor(performance.timeOrigin / 1_000);
  return [
    counter(
      'process_cpu_user_seconds_total',
      'User CPU time of the server process.',
      () => process.cpuUsage().user / 1e6,
    ),
    counter(
      'process_cpu_system_seconds_total',
      'System CPU time of the server process.',
      () => process.cpuUsage().system / 1e6,
    ),
    counter('process_cpu_seconds_total', 'User and system CPU time of the server process.', () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1e6;
    }),
    gauge('process_resident_memory_bytes', 'Resident memory of the server process.', () => process.memoryUsage.rss()),
    gauge('process_start_time_seconds', 'Start of the process since the Unix epoch.', () => startedAtS),
    {
      name: 'process_open_fds',
      help: 'Open file descriptors of the server process.',
      type: 'gauge',
      collect: () => {
        const count = countOpenFiles();
        return count === undefined ? [] : single(count);
      },
    },
    gauge('nodejs_heap_size_total_bytes', 'Size of the JavaScript heap.', () => process.memoryUsage().heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Used part of the JavaScript heap.', () => process.memoryUsage().heapUsed),
    gauge('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', () => process.memoryUsage().external),
  ];
}

function machineFamilies(): readonly Family[] {
  let seen = cpuTimes();
  return [
    gauge('nv_cpu_utilization', 'CPU utilization rate [0.0 - 1.0]', () => {
      const now = cpuTimes();
      const total = now.total - seen.total;
      const rate = total > 0 ? (now.busy - seen.busy) / total : 0;
      seen = now;
      return rate;
    }),
    gauge('nv_cpu_memory_total_bytes', 'CPU total memory (RAM), in bytes', () => totalmem()),
    gauge('nv_cpu_memory_used_bytes', 'CPU used memory (RAM), in bytes', () => totalmem() - freemem()),
  ];
}

function cpuTimes(): { readonly busy: number; readonly total: number } {
  let idle = 0;
  let total = 0;
  for (const { times } of cpus()) {
    idle += times.idle;
    total += times.user + times.nice + times.sys + times.idle + times.irq;
  }
  return { busy: total - idle, total };
}

/** Only Linux shows them as files. */
function countOpenFiles(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
