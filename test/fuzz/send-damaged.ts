import { expect } from 'vitest';
import type { FolderContents } from '../support/model-folder.js';
import { Random } from '../support/random.js';
import { bodyOf, headersOf, type Seed } from './mutate-seeds.js';

/** Requests that one run sends. */
export const DAMAGED_REQUESTS = 1_500;

const tensor = (name: string, datatype: string, shape: string) =>
  `{ name: ${name}, datatype: ${datatype}, shape: ${shape} }`;
const model = (inputs: string) =>
  `runtime: echo\nmaxBatchSize: 8\ninstances: { placement: inline }\ninputs: [${inputs}]\noutputs: [${inputs}]\n`;

/** Models that answer what they are asked: `floats` (x: FP32), `texts` (t: BYTES) and `pair` (a: FP32, b: INT64 of the shape). */
export function seededModels({ shapeOfB }: { readonly shapeOfB: string }): FolderContents {
  return {
    'floats/1/': '',
    'floats/model.yaml': model(tensor('x', 'FP32', '[-1, 2]')),
    'pair/1/': '',
    'pair/model.yaml': model(`${tensor('a', 'FP32', '[-1, 2]')}, ${tensor('b', 'INT64', shapeOfB)}`),
    'texts/1/': '',
    'texts/model.yaml': model(tensor('t', 'BYTES', '[-1]')),
  };
}

export interface DamagedRequests {
  readonly seeds: readonly Seed[];
  /** Method and path of a request to the path of a seed: `POST /v1/models/m:predict`. */
  readonly routeOf: (path: string, random: Random) => string;
  /** Body of a refusal. */
  readonly refusal: object;
}

/** Expects each damaged request to be answered, or refused with 400; and that enough of them are either. */
export async function sendDamaged(port: number, { seeds, routeOf, refusal }: DamagedRequests): Promise<void> {
  const random = new Random(1);
  const statuses = new Map<number, number>();
  for (let index = 0; index < DAMAGED_REQUESTS; index++) {
    const seed = random.pick(seeds);
    const body = bodyOf(seed, random);
    const [method = '', path] = routeOf(seed.path, random).split(' ');
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers: headersOf(seed, random), body });
    const text = await response.text();
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    if (response.status === 200) continue;
    const got = [Buffer.from(body).toString(), response.status, JSON.parse(text)];
    expect(got).toEqual([expect.any(String), 400, refusal]);
  }
  expect(statuses.get(200)).toBeGreaterThan(DAMAGED_REQUESTS / 20);
  expect(statuses.get(400)).toBeGreaterThan(DAMAGED_REQUESTS / 4);
}
