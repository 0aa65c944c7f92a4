import type { ClassScore, InferResult } from '../../client/index.js';
import type { Colors } from '../io.js';
import { formatClasses, formatTensor } from './tensors.js';
import { formatMs } from './units.js';

/** An answer as people read it: who answered, how long it took, the outputs. */
export function formatAnswer(result: InferResult, elapsedMs: number, colors: Colors): string {
  const stages = Object.entries(result.timingMs).map(([stage, ms]) => `${stage} ${formatMs(ms)}`);
  const version = result.modelVersion === '' ? '' : ` version ${result.modelVersion}`;
  const title = `${colors.bold(result.modelName)}${version} ${colors.dim(describeTime(elapsedMs, stages))}\n`;
  const tensors = Object.entries(result.outputs).map(([name, tensor]) => formatTensor(name, tensor, colors));
  return [title, ...tensors].join('\n');
}

/** One of any number of answers: which one, when it came, the outputs. */
export function formatNextAnswer(result: InferResult, { index, elapsedMs }: Arrival, colors: Colors): string {
  const title = `${colors.bold(`answer ${index}`)} ${colors.dim(`after ${formatMs(elapsedMs)}`)}\n`;
  const tensors = Object.entries(result.outputs).map(([name, tensor]) => formatTensor(name, tensor, colors));
  return `${[title, ...tensors].join('\n')}\n`;
}

export interface Arrival {
  /** Counts from 1. */
  readonly index: number;
  /** Since the request was sent. */
  readonly elapsedMs: number;
}

/** What people read when there are no more answers. */
export function formatEndOfAnswers(name: string, { index, elapsedMs }: Arrival): string {
  return `${name} gave ${index === 1 ? '1 answer' : `${index} answers`} in ${formatMs(elapsedMs)}\n`;
}

export interface ClassAnswer {
  readonly name: string;
  readonly output: string;
  readonly rows: readonly (readonly ClassScore[])[];
  /** What the rows are; ignored unless there is one for each. */
  readonly rowNames: readonly string[];
  readonly elapsedMs: number;
}

/** The top classes of an output. */
export function formatClassAnswer({ name, output, rows, rowNames, elapsedMs }: ClassAnswer, colors: Colors): string {
  const title = `${colors.bold(name)} ${output} ${colors.dim(describeTime(elapsedMs, []))}\n`;
  return `${title}\n${formatClasses(rows, rowNames, colors)}`;
}

/** The same for programs. */
export function toJsonClasses({ name, output, rows, rowNames }: ClassAnswer): unknown {
  const named = rowNames.length === rows.length ? { row_names: rowNames } : {};
  return { model_name: name, output, rows, ...named };
}

function describeTime(elapsedMs: number, stages: readonly string[]): string {
  return `answered in ${formatMs(elapsedMs)}${stages.length === 0 ? '' : ` (${stages.join(', ')})`}`;
}

/** An answer for programs: as the protocol has it, plus where the time went. */
export function toJsonAnswer(result: InferResult): unknown {
  return {
    model_name: result.modelName,
    model_version: result.modelVersion,
    id: result.id === '' ? undefined : result.id,
    parameters: Object.keys(result.parameters).length === 0 ? undefined : result.parameters,
    request_id: result.requestId,
    timing_ms: result.timingMs,
    outputs: Object.entries(result.outputs).map(([name, { datatype, shape, data }]) => ({
      name,
      datatype,
      shape,
      data,
    })),
  };
}
