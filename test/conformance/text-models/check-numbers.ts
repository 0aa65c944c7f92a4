import { findDifference, largestDifference, type Tolerance } from '../harness/compare.js';
import { forEachConcurrently } from '../harness/concurrency.js';
import type { HttpClient } from '../harness/http.js';
import { infer } from '../harness/infer.js';
import { type PlannedRequest, readPlan } from '../harness/plan.js';
import type { Tally } from '../harness/tally.js';
import { elementsOf, type WireTensor } from '../harness/tensor.js';

/** Enough that texts of several requests meet in a batch. */
export const CLIENTS = 6;
/** What another order of summing makes of 32-bit floats, with some room. */
export const TOLERANCE: Tolerance = { relative: 1e-4, absolute: 1e-4 };
/** llama.cpp attends with 16-bit floats, in other blocks where texts are evaluated together. */
export const GGUF_TOLERANCE: Tolerance = { relative: 1e-2, absolute: 1e-2 };
const LEAST_COSINE = 0.9999;

/** What was compared of a model. */
export interface Comparison {
  readonly requests: number;
  readonly texts: number;
  readonly executions: number;
  /** undefined = it gives no vectors. */
  readonly smallestCosine: number | undefined;
  readonly largestDifference: number;
}

/** A model, and where Python's answers are. */
export interface Subject {
  readonly name: string;
  readonly folder: string;
  /** How far numbers may lie apart; scores that are nearer to each other have no order. */
  readonly tolerance: Tolerance;
}

/** All requests of a model by several clients at once: each text has the numbers and the tokens that it has alone in Python. */
export async function checkNumbers(
  client: HttpClient,
  { name, folder, tolerance }: Subject,
  tally: Tally,
): Promise<Comparison> {
  const { requests } = readPlan(folder, name);
  const cosines: number[] = [];
  let largest = 0;
  await forEachConcurrently(requests, CLIENTS, async (request, index) => {
    const format = index % 2 === 0 ? 'json' : 'binary';
    const answer = await infer(client, { model: name, ...request }, { input: format, output: format });
    const about = `${name}, request ${index} of ${request.rows} texts with ${JSON.stringify(request.parameters)}`;
    if ('error' in answer) return tally.fail(`${about}: ${answer.status} ${answer.error}`);
    const outputs = withAllWeights(answer.outputs, request);
    const found = vectorsOf(outputs).map((vector, row) => cosineOf(vector, vectorsOf(request.outputs)[row]));
    cosines.push(...found);
    largest = Math.max(largest, largestDifference(outputs, request.outputs));
    const problem = findProblem(outputs, request, { cosines: found, tolerance });
    tally.check(problem === undefined, `${about}: ${problem}`);
  });
  const texts = requests.reduce((sum, { rows }) => sum + rows, 0);
  const executions = await executionsOf(client, name);
  tally.check(executions < texts, `${name}: ${texts} texts ran in ${executions} executions`);
  return {
    requests: requests.length,
    texts,
    executions,
    smallestCosine: cosines.length === 0 ? undefined : Math.min(...cosines),
    largestDifference: largest,
  };
}

/** Of sparse embeddings, a number for each word of the vocabulary, as Python's answers have them: a weight of almost 0 may be there or not. */
function withAllWeights(outputs: readonly WireTensor[], { outputs: wanted }: PlannedRequest): readonly WireTensor[] {
  if (!outputs.some(({ name }) => name === 'sparse_indices')) return outputs;
  const shape = wanted.find(({ name }) => name === 'embedding')?.shape ?? [];
  const [indices, values, counts] = ['indices', 'values', 'counts'].map((part) => numbersOf(outputs, `sparse_${part}`));
  const all = new Float32Array(shape.reduce((product, size) => product * size, 1));
  let next = 0;
  for (const [row, count] of (counts ?? []).entries()) {
    for (const end = next + count; next < end; next++) {
      all[row * (shape[1] ?? 0) + (indices?.[next] ?? Number.NaN)] = values?.[next] ?? Number.NaN;
    }
  }
  const dense = { name: 'embedding', datatype: 'FP32', shape, data: Buffer.from(all.buffer) };
  return [dense, ...outputs.filter(({ name }) => !name.startsWith('sparse_'))];
}

function findProblem(
  got: readonly WireTensor[],
  { outputs }: PlannedRequest,
  { cosines, tolerance }: { readonly cosines: readonly number[]; readonly tolerance: Tolerance },
): string | undefined {
  const difference = findDifference(got, outputs, tolerance);
  if (difference !== undefined) return difference;
  const cosine = Math.min(1, ...cosines);
  if (!(cosine >= LEAST_COSINE)) return `the smallest cosine is ${cosine}`;
  return inversionOf(got, outputs, tolerance.absolute);
}

/** Two texts that are ranked the other way round. */
function inversionOf(
  got: readonly WireTensor[],
  wanted: readonly WireTensor[],
  leastDistance: number,
): string | undefined {
  const scores = numbersOf(got, 'score');
  const ranked = [...numbersOf(wanted, 'score').entries()].sort(([, one], [, other]) => other - one);
  for (const [place, [row, score]] of ranked.entries()) {
    for (const [lower, lowerScore] of ranked.slice(place + 1)) {
      const isClear = score - lowerScore > leastDistance;
      if (isClear && (scores[row] as number) <= (scores[lower] as number)) return `text ${lower} ranks before ${row}`;
    }
  }
  return undefined;
}

function vectorsOf(outputs: readonly WireTensor[]): readonly (readonly number[])[] {
  const size = outputs.find(({ name }) => name === 'embedding')?.shape[1] ?? 1;
  const all = numbersOf(outputs, 'embedding');
  return Array.from({ length: all.length / size }, (_, row) => all.slice(row * size, (row + 1) * size));
}

function numbersOf(outputs: readonly WireTensor[], name: string): readonly number[] {
  const found = outputs.find((output) => output.name === name);
  return found === undefined ? [] : elementsOf(found).map(Number);
}

function cosineOf(one: readonly number[], other: readonly number[] = []): number {
  const dot = (left: readonly number[], right: readonly number[]) =>
    left.reduce((sum, value, index) => sum + value * (right[index] ?? Number.NaN), 0);
  return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
}

async function executionsOf(client: HttpClient, model: string): Promise<number> {
  const { body } = await client.send({ path: `/v2/models/${model}/stats` });
  const { model_stats } = JSON.parse(body.toString()) as {
    readonly model_stats: { readonly execution_count: number }[];
  };
  return model_stats[0]?.execution_count ?? 0;
}
