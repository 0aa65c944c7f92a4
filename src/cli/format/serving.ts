import type { ModelState } from '../../core/index.js';
import type { ModelGauges, ModelInfo, ModelStatus } from '../../engine/index.js';
import { stepsOf } from '../../repository/index.js';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';
import { formatSpecs } from './tensors.js';
import { formatBytes, formatMs } from './units.js';

/** One served version as the table and the JSON event show it. */
export interface ServedModel {
  readonly info: ModelInfo;
  /** Resident memory of its runners; undefined for models that live in the server itself. */
  readonly memoryBytes: number | undefined;
}

/** A version that is not served, and why. */
export interface UnservedModel {
  readonly name: string;
  /** 0 = no version could be found. */
  readonly version: number;
  readonly reason: string;
}

export interface ServingReport {
  readonly served: readonly ServedModel[];
  readonly unserved: readonly UnservedModel[];
}

/** What the engine holds, told apart; `memoryOf` reads a process's memory. */
export function reportServing(
  statuses: readonly ModelStatus[],
  gauges: readonly ModelGauges[],
  memoryOf: (pid: number) => number,
): ServingReport {
  const served = statuses.flatMap(({ info, state }) => {
    if (info === undefined || !answers(state)) return [];
    const instances = gauges.find((gauge) => gauge.ref.generation === info.ref.generation)?.instances ?? [];
    const pids = new Set(instances.filter((instance) => instance.up).map((instance) => instance.pid));
    const memoryBytes = info.placement === 'inline' ? undefined : sum([...pids].map(memoryOf));
    return [{ info, memoryBytes }];
  });
  const unserved = statuses.flatMap(({ name, version, state }) =>
    answers(state) ? [] : [{ name, version, reason: 'reason' in state ? state.reason : state.kind }],
  );
  return { served, unserved };
}

function answers(state: ModelState): boolean {
  return state.kind === 'ready' || state.kind === 'recovering';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The served models as a table, then what is not served and why. */
export function formatServing(report: ServingReport, style: TableStyle): string {
  const table = formatTable<ServedModel>(
    [
      { header: 'MODEL', cell: ({ info }) => info.ref.name },
      { header: 'VERSION', leaveOut: 6, align: 'right', cell: ({ info }) => String(info.ref.version) },
      { header: 'INPUTS', cell: ({ info }) => formatSpecs(info.signature.inputs) },
      { header: 'OUTPUTS', leaveOut: 5, cell: ({ info }) => formatSpecs(info.signature.outputs) },
      { header: 'BATCH', align: 'right', leaveOut: 4, cell: ({ info }) => describeBatch(info) },
      { header: 'PLACEMENT', leaveOut: 2, cell: ({ info }) => describePlacement(info) },
      { header: 'LOAD', leaveOut: 1, align: 'right', cell: ({ info }) => formatMs(info.loadMs) },
      { header: 'MEMORY', leaveOut: 3, align: 'right', cell: ({ memoryBytes }) => describeMemory(memoryBytes) },
    ],
    report.served,
    style,
  );
  return `${table}${table === '' || report.unserved.length === 0 ? '' : '\n'}${formatUnserved(report.unserved, style.colors)}`;
}

function describeBatch({ maxBatchSize, batching }: ModelInfo): string {
  if (maxBatchSize === 0) return 'none';
  return batching.enabled ? `up to ${maxBatchSize}` : `${maxBatchSize} a request`;
}

function describePlacement({ placement, instances, source }: ModelInfo): string {
  const steps = stepsOf(source)?.length ?? 0;
  if (steps > 0) return steps === 1 ? '1 step' : `${steps} steps`;
  return instances === 1 ? placement : `${instances} × ${placement}`;
}

function describeMemory(bytes: number | undefined): string {
  if (bytes === undefined) return 'in server';
  return bytes === 0 ? '' : formatBytes(bytes);
}

/** Models that fail for the same reason share its line. */
function formatUnserved(unserved: readonly UnservedModel[], { red, bold }: Colors): string {
  const groups = new Map<string, UnservedModel[]>();
  for (const model of unserved) {
    const { name, reason } = model;
    // It begins with the file, and that with the model's folder: what is left may be the same for several.
    const common = reason.startsWith(`${name}/`) ? reason.slice(name.length + 1) : reason;
    groups.set(common, [...(groups.get(common) ?? []), model]);
  }
  const indent = (text: string) => text.replaceAll('\n', '\n    ');
  return [...groups]
    .map(([common, models]) => {
      const names = models.map(({ name, version }) => bold(version === 0 ? name : `${name} version ${version}`));
      const [only] = models;
      return models.length === 1
        ? `${red('not served:')} ${names[0]}: ${indent(only?.reason ?? common)}\n`
        : `${red('not served:')} ${bold(`${models.length} models`)}: ${indent(common)}\n    ${names.join(', ')}\n`;
    })
    .join('');
}

/** The same for programs. */
export function toJsonServing({ served, unserved }: ServingReport): Readonly<Record<string, unknown>> {
  return {
    models: served.map(({ info, memoryBytes }) => ({
      name: info.ref.name,
      version: info.ref.version,
      inputs: info.signature.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      outputs: info.signature.outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
      maxBatchSize: info.maxBatchSize,
      batching: info.batching,
      placement: info.placement,
      instances: info.instances,
      loadMs: info.loadMs,
      memoryBytes: memoryBytes ?? null,
    })),
    unserved: unserved.map(({ name, version, reason }) => ({ name, version, reason })),
  };
}
