import type { MemoryNeed, VersionReport } from '../../api/index.js';
import type { ModelIndexEntry, ModelMetadata, ModelStatistics, StatisticDuration } from '../../client/index.js';
import { isDecoupled, keepsSequences } from '../inputs/model-config.js';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';
import { formatSpecs } from './tensors.js';
import { formatBytes, formatMs } from './units.js';
import { versionFacts } from './versions.js';

/** The repository index as a table; with the needs by model and version (`mlp/1`), if they are given. */
export function formatIndex(
  index: readonly ModelIndexEntry[],
  needs: ReadonlyMap<string, MemoryNeed | undefined> | undefined,
  { colors }: TableStyle,
): string {
  const need = ({ name, version }: ModelIndexEntry) => needs?.get(`${name}/${version}`);
  const memory = [
    { header: 'NEED', align: 'right' as const, cell: (entry: ModelIndexEntry) => bytesOf(need(entry)?.rest_bytes) },
    { header: 'PEAK', align: 'right' as const, cell: (entry: ModelIndexEntry) => bytesOf(need(entry)?.peak_bytes) },
    { header: 'FROM', cell: (entry: ModelIndexEntry) => originOf(need(entry)) },
  ];
  return formatTable<ModelIndexEntry>(
    [
      { header: 'MODEL', cell: (entry) => entry.name },
      { header: 'VERSION', align: 'right', cell: (entry) => entry.version ?? '' },
      { header: 'STATE', cell: (entry) => formatState(entry.state ?? 'UNKNOWN', colors) },
      ...(needs === undefined ? [] : memory),
      { header: 'REASON', cell: (entry) => entry.reason ?? '' },
    ],
    index,
    { colors },
  );
}

function bytesOf(bytes: number | undefined): string {
  return bytes === undefined ? '' : formatBytes(bytes);
}

function originOf(need: MemoryNeed | undefined): string {
  if (need === undefined) return '';
  return need.measured ? 'measured' : 'estimated';
}

function formatState(state: string, colors: Colors): string {
  const word = state.toLowerCase();
  if (state === 'READY') return colors.green(word);
  return state === 'UNAVAILABLE' ? colors.red(word) : colors.yellow(word);
}

/** What is known of a model besides its metadata. */
export interface KnownOfModel {
  /** In Triton's shape. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** How its versions run; undefined = the caller may not know, or the server does not say. */
  readonly running: readonly VersionReport[] | undefined;
}

/** A model's signature and the parts of its configuration that callers care about, and how its versions run. */
export function formatModel(metadata: ModelMetadata, { config, running = [] }: KnownOfModel, colors: Colors): string {
  const facts: readonly (readonly [string, string])[] = [
    ['versions', (metadata.versions ?? []).join(', ')],
    ['platform', metadata.platform],
    ['batch', describeBatch(config, running.length > 0)],
    ['answers', isDecoupled(config ?? {}) ? ANY_NUMBER : ''],
    ['requests', keepsSequences(config ?? {}) ? IN_SEQUENCES : ''],
    ['inputs', formatSpecs(metadata.inputs)],
    ['outputs', formatSpecs(metadata.outputs)],
    ...versionFacts(running),
  ];
  const lines = facts
    .filter(([, text]) => text !== '')
    .map(([label, text]) => `  ${colors.dim(label.padEnd(9))}${text.replaceAll('\n', `\n${' '.repeat(11)}`)}`);
  return `${colors.bold(metadata.name)}\n${lines.join('\n')}\n`;
}

/** What is said of models of many answers, and of those that keep state. */
export const ANY_NUMBER = 'any number for a request, through generate_stream and gRPC streams';
export const IN_SEQUENCES = 'in sequences: each needs a sequence_id, the first one sequence_start';

/** `isToldApart`: whether requests are batched is said elsewhere. */
function describeBatch(config: KnownOfModel['config'], isToldApart: boolean): string {
  const rows = config?.max_batch_size;
  if (typeof rows !== 'number') return '';
  if (rows === 0) return 'one request at a time, no batch dimension';
  const together =
    isToldApart ||
    config?.dynamic_batching !== undefined ||
    keepsSequences(config ?? {}) ||
    config?.ensemble_scheduling !== undefined;
  return `up to ${rows} rows${together ? '' : ', requests are not batched'}`;
}

/** Statistics as a table; times are means over the successful requests. */
export function formatStatistics(statistics: readonly ModelStatistics[], style: TableStyle): string {
  const stage = (pick: (stats: ModelStatistics['inference_stats']) => StatisticDuration | undefined) => ({
    align: 'right' as const,
    cell: (row: ModelStatistics) => formatMean(pick(row.inference_stats)),
  });
  return formatTable<ModelStatistics>(
    [
      { header: 'MODEL', cell: (row) => row.name },
      { header: 'VERSION', align: 'right', cell: (row) => row.version },
      { header: 'OK', align: 'right', cell: (row) => String(row.inference_stats.success.count) },
      { header: 'FAILED', align: 'right', cell: (row) => String(row.inference_stats.fail.count) },
      { header: 'ROWS', leaveOut: 4, align: 'right', cell: (row) => String(row.inference_count) },
      { header: 'RUNS', leaveOut: 3, align: 'right', cell: (row) => String(row.execution_count) },
      { header: 'ROWS/RUN', leaveOut: 2, align: 'right', cell: formatRowsPerRun },
      { header: 'TOTAL', ...stage((stats) => stats.success) },
      { header: 'QUEUE', ...stage((stats) => stats.queue) },
      { header: 'COMPUTE', ...stage((stats) => stats.compute_infer) },
      { header: 'LAST', leaveOut: 1, cell: (row) => formatTime(row.last_inference) },
    ],
    statistics,
    style,
  );
}

function formatRowsPerRun({ inference_count: rows, execution_count: runs }: ModelStatistics): string {
  return runs === 0 ? '' : (rows / runs).toFixed(1);
}

function formatMean(duration: StatisticDuration | undefined): string {
  return duration === undefined || duration.count === 0 ? '' : formatMs(duration.ns / duration.count / 1e6);
}

function formatTime(epochMs: number): string {
  return epochMs === 0 ? 'never' : new Date(epochMs).toISOString().replace(/\.\d+Z$/, 'Z');
}
