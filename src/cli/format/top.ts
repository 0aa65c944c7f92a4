import type { ApiEvent } from '../../api/index.js';
import type { VersionActivity } from '../top/activity.js';
import { escapeInvisible } from './escape-invisible.js';
import { formatTable, type TableStyle } from './table.js';
import { formatCount, formatMs, formatSecond } from './units.js';

/** The load of each version as a table. */
export function formatActivity(versions: readonly VersionActivity[], style: TableStyle): string {
  if (versions.length === 0) return 'no models are loaded\n';
  const right = { align: 'right' as const };
  return formatTable<VersionActivity>(
    [
      { header: 'MODEL', cell: ({ model }) => escapeInvisible(model) },
      { header: 'VERSION', ...right, cell: ({ version }) => String(version), leaveOut: 5 },
      { header: 'STATE', cell: ({ state }) => (state === 'ready' ? state : style.colors.yellow(state)) },
      { header: 'REQ/S', ...right, cell: ({ requestsPerSecond: rate }) => formatRate(rate) },
      { header: 'FAILED/S', ...right, cell: ({ failuresPerSecond: rate }) => formatFailures(rate, style) },
      { header: 'MEAN', ...right, cell: ({ meanMs }) => formatTime(meanMs) },
      { header: 'QUEUE', ...right, cell: ({ meanQueueMs }) => formatTime(meanQueueMs), leaveOut: 4 },
      { header: 'ROWS/RUN', ...right, cell: ({ meanBatchSize: rows }) => rows?.toFixed(1) ?? '', leaveOut: 3 },
      { header: 'QUEUED', ...right, cell: ({ queuedRequests: count }) => textOf(count) },
      { header: 'RUNNING', ...right, cell: ({ executingRequests: count }) => textOf(count), leaveOut: 2 },
      { header: 'INSTANCES', ...right, cell: formatInstances },
      { header: 'RESTARTS', ...right, cell: ({ restarts }) => textOf(restarts), leaveOut: 1 },
    ],
    versions,
    style,
  );
}

function textOf(count: number | undefined): string {
  return count === undefined ? '' : formatCount(count);
}

function formatRate(perSecond: number | undefined): string {
  if (perSecond === undefined) return '';
  return perSecond > 0 && perSecond < 99.95 ? perSecond.toFixed(1) : formatCount(perSecond);
}

function formatFailures(perSecond: number | undefined, { colors }: TableStyle): string {
  const text = formatRate(perSecond);
  return (perSecond ?? 0) > 0 ? colors.red(text) : text;
}

function formatTime(ms: number | undefined): string {
  return ms === undefined ? '' : formatMs(ms);
}

function formatInstances({ instances, instancesUp }: VersionActivity): string {
  if (instances === undefined) return '';
  return instances === instancesUp ? String(instances) : `${instancesUp} of ${instances}`;
}

/** A server event as a line, with its time in UTC. */
export function formatEvent(event: ApiEvent): string {
  return `${formatSecond(event.at).slice(11)}  ${escapeInvisible(describe(event))}\n`;
}

function describe(event: ApiEvent): string {
  switch (event.type) {
    case 'model.state': {
      const { model, version, state, reason, load_ms: loadMs } = event;
      const loaded = loadMs === undefined ? '' : ` after ${formatMs(loadMs)}`;
      return `${model}/${version} is ${state}${loaded}${because(reason)}`;
    }
    case 'runner.started':
      return `runner ${event.runner} started in ${formatMs(event.start_ms)} (process ${event.pid})`;
    case 'runner.exited':
      return `runner ${event.runner} ${event.expected ? 'ended' : 'died'} (process ${event.pid})${because(event.reason)}`;
    case 'rollout.decided':
      return `rollout of ${event.model} to ${event.canary}: ${event.action} by ${event.by}${because(event.reason)}`;
    case 'change':
      return `${event.by}: ${event.action}${event.resource === undefined ? '' : ` ${event.resource}`}`;
    case 'gap':
      return event.missed === undefined ? 'events are missing' : `${event.missed} events are missing`;
    default:
      // Of a newer server.
      return (event as { readonly type: string }).type;
  }
}

function because(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : `: ${reason}`;
}
