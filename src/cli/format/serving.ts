import { groupBy, joinToSlices, type ModelState } from '../../core/index.js';
import type { ModelGauges, ModelInfo, ModelStatus } from '../../engine/index.js';
import { stepsOf } from '../../repository/index.js';
import type { Colors } from '../io.js';
import { type TableStyle, tableSlices } from './table.js';
import { formatFirstSpecs } from './tensors.js';
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

/** The processes in which served models run, each once; inline models have none. */
export function runnersOf(statuses: readonly ModelStatus[], gauges: readonly ModelGauges[]): readonly number[] {
  const instances = instancesByGeneration(gauges);
  return [...new Set(statuses.flatMap(({ info }) => (info === undefined ? [] : pidsOf(info, instances))))];
}

/** What the engine serves and what not; `memoryOf` knows the processes of {@link runnersOf}. */
export function reportServing(
  statuses: readonly ModelStatus[],
  gauges: readonly ModelGauges[],
  memoryOf: (pid: number) => number,
): ServingReport {
  const instances = instancesByGeneration(gauges);
  const served = statuses.flatMap(({ info, state }) => {
    if (info === undefined || !answers(state)) return [];
    const memoryBytes = info.placement === 'inline' ? undefined : sum(pidsOf(info, instances).map(memoryOf));
    return [{ info, memoryBytes }];
  });
  const unserved = statuses.flatMap(({ name, version, state }) =>
    answers(state) ? [] : [{ name, version, reason: 'reason' in state ? state.reason : state.kind }],
  );
  return { served, unserved };
}

/** Preparers included. */
type InstancesByGeneration = ReadonlyMap<number, ModelGauges['instances']>;

function instancesByGeneration(gauges: readonly ModelGauges[]): InstancesByGeneration {
  return new Map(
    gauges.map(({ ref, instances, preparer }) => [
      ref.generation,
      preparer === undefined ? instances : [...instances, preparer],
    ]),
  );
}

/** The processes of a model's instances that run. */
function pidsOf({ ref, placement }: ModelInfo, instances: InstancesByGeneration): readonly number[] {
  if (placement === 'inline') return [];
  return [...new Set((instances.get(ref.generation) ?? []).filter(({ up }) => up).map(({ pid }) => pid))];
}

function answers(state: ModelState): boolean {
  return state.kind === 'ready' || state.kind === 'recovering';
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A table of the served models, the reasons of the others and the count; in slices that take a few milliseconds each. */
export function* formatServing({ served, unserved }: ServingReport, style: TableStyle): Generator<string, void> {
  yield '\n';
  yield* tableSlices<ServedModel>(
    [
      { header: 'MODEL', cell: ({ info }) => info.ref.name },
      { header: 'VERSION', leaveOut: 6, align: 'right', cell: ({ info }) => String(info.ref.version) },
      { header: 'INPUTS', cell: ({ info }) => formatFirstSpecs(info.signature.inputs) },
      { header: 'OUTPUTS', leaveOut: 5, cell: ({ info }) => formatFirstSpecs(info.signature.outputs) },
      { header: 'BATCH', align: 'right', leaveOut: 4, cell: ({ info }) => describeBatch(info) },
      { header: 'PLACEMENT', leaveOut: 2, cell: ({ info }) => describePlacement(info) },
      { header: 'LOAD', leaveOut: 1, align: 'right', cell: ({ info }) => formatMs(info.loadMs) },
      { header: 'MEMORY', leaveOut: 3, align: 'right', cell: ({ memoryBytes }) => describeMemory(memoryBytes) },
    ],
    served,
    style,
  );
  if (served.length > 0 && unserved.length > 0) yield '\n';
  yield* joinToSlices(formatUnserved(unserved, style.colors));
  const { green, yellow } = style.colors;
  const verdict = `${served.length} of ${served.length + unserved.length} served`;
  yield `\n${unserved.length === 0 ? green(verdict) : yellow(verdict)}\n`;
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
function* formatUnserved(unserved: readonly UnservedModel[], { red, bold }: Colors): Generator<string, void> {
  // It begins with the file, and that with the model's folder: what is left may be the same for several.
  const commonReason = ({ name, reason }: UnservedModel) =>
    reason.startsWith(`${name}/`) ? reason.slice(name.length + 1) : reason;
  const indent = (text: string) => text.replaceAll('\n', '\n    ');
  for (const [common, models] of groupBy(unserved, commonReason)) {
    const names = models.map(({ name, version }) => bold(version === 0 ? name : `${name} version ${version}`));
    const [{ reason }] = models;
    yield models.length === 1
      ? `${red('not served:')} ${names[0]}: ${indent(reason)}\n`
      : `${red('not served:')} ${bold(`${models.length} models`)}: ${indent(common)}\n    ${names.join(', ')}\n`;
  }
}

/** The line of JSON for programs, with all tensors; in slices as well. */
export function formatReady(report: ServingReport): Generator<string, void> {
  return joinToSlices(readyTexts(report));
}

function* readyTexts({ served, unserved }: ServingReport): Generator<string, void> {
  yield '{"event":"ready","models":[';
  yield* memberTexts(served, toJsonServed);
  yield '],"unserved":[';
  yield* memberTexts(unserved, ({ name, version, reason }) => ({ name, version, reason }));
  yield ']}\n';
}

function* memberTexts<Item>(items: readonly Item[], toJson: (item: Item) => unknown): Generator<string, void> {
  for (const [index, item] of items.entries()) yield `${index === 0 ? '' : ','}${JSON.stringify(toJson(item))}`;
}

function toJsonServed({ info, memoryBytes }: ServedModel): Readonly<Record<string, unknown>> {
  const { ref, signature, maxBatchSize, batching, placement, instances, loadMs } = info;
  return {
    name: ref.name,
    version: ref.version,
    inputs: signature.inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    outputs: signature.outputs.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    maxBatchSize,
    batching,
    placement,
    instances,
    loadMs,
    memoryBytes: memoryBytes ?? null,
  };
}
