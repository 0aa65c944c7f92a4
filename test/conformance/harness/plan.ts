import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { WireTensor } from './tensor.js';

/** A request and the answer of Python's ONNX Runtime. */
export interface PlannedRequest {
  readonly rows: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: readonly WireTensor[];
  readonly outputs: readonly WireTensor[];
}

export interface Plan {
  /** undefined = the rows of several requests may be computed together. */
  readonly whyNotBatched: string | undefined;
  readonly requests: readonly PlannedRequest[];
}

interface Place extends Omit<WireTensor, 'data'> {
  readonly offset: number;
  readonly size: number;
}

interface PlanFile {
  readonly whyNotBatched: string | null;
  readonly requests: readonly {
    readonly rows: number;
    readonly parameters: PlannedRequest['parameters'];
    readonly inputs: readonly Place[];
    readonly outputs: readonly Place[];
  }[];
}

/** Reads what plan.py has written for a model. */
export function readPlan(folder: string, name: string): Plan {
  const file = JSON.parse(readFileSync(path.join(folder, `${name}.json`), 'utf8')) as PlanFile;
  const bytes = readFileSync(path.join(folder, `${name}.bin`));
  const take = ({ offset, size, ...tensor }: Place): WireTensor => ({
    ...tensor,
    data: bytes.subarray(offset, offset + size),
  });
  return {
    whyNotBatched: file.whyNotBatched ?? undefined,
    requests: file.requests.map(({ rows, parameters, inputs, outputs }) => ({
      rows,
      parameters,
      inputs: inputs.map(take),
      outputs: outputs.map(take),
    })),
  };
}
