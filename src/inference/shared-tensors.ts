import {
  type InferRequest,
  type InferResponse,
  invalidArgument,
  MillraceError,
  msg,
  namedModel,
  type SharedMemoryRange,
} from '../core/index.js';
import type { ModelInfo } from '../engine/index.js';
import type { RangeData, RangeUse, RegionOwner, SharedMemory, SharedMemoryLease } from '../shared-memory/index.js';

const EMPTY = new Uint8Array(0);

type OutputModel = Pick<ModelInfo, 'ref' | 'decoupled'>;

interface SharedRequest {
  readonly request: InferRequest;
  readonly info: OutputModel;
}

/** Whether any tensor of the request lies in shared memory, or is to be written there. */
export function usesSharedMemory({ sharedInputs, outputs }: InferRequest): boolean {
  if (sharedInputs !== undefined && sharedInputs.size > 0) return true;
  if (outputs !== undefined) for (const output of outputs) if (output.sharedMemory !== undefined) return true;
  return false;
}

/** The tensors of one request that lie in shared memory. Holds their regions until it is released. */
export class SharedTensors {
  readonly #request: InferRequest;
  readonly #lease: SharedMemoryLease;
  readonly #outputs: ReadonlyMap<string, RangeUse>;

  /** Throws `not_found` for a region that the owner has not registered, and `invalid_argument` for what cannot be. */
  constructor(memory: SharedMemory, owner: RegionOwner, { request, info }: SharedRequest) {
    this.#request = request;
    this.#outputs = outputUses(request, info);
    this.#lease = memory.lease(owner, [...inputUses(request), ...this.#outputs.values()]);
  }

  /** The request with the data of its inputs. */
  async read(): Promise<InferRequest> {
    const { inputs, sharedInputs } = this.#request;
    const filled = [...inputs];
    for (const [index, tensor] of inputs.entries()) {
      const range = sharedInputs?.get(tensor.name);
      if (range === undefined) continue;
      filled[index] = { ...tensor, data: await this.#lease.read(inputUse(tensor.name, range)) };
    }
    return { ...this.#request, inputs: filled };
  }

  /** Writes the outputs that go to shared memory; the answer without their data. */
  async write(response: InferResponse): Promise<InferResponse> {
    if (this.#outputs.size === 0) return response;
    const writes: RangeData[] = [];
    const sharedOutputs = new Map<string, SharedMemoryRange>();
    const outputs = response.outputs.map((tensor) => {
      const use = this.#outputs.get(tensor.name);
      if (use === undefined) return tensor;
      writes.push({ ...use, data: tensor.data });
      sharedOutputs.set(tensor.name, { ...use.range, sizeBytes: tensor.data.length });
      return { ...tensor, data: EMPTY };
    });
    await this.#lease.write(writes);
    return { ...response, outputs, sharedOutputs };
  }

  release(): void {
    this.#lease.release();
  }
}

function inputUses({ sharedInputs }: InferRequest): readonly RangeUse[] {
  return [...(sharedInputs ?? [])].map(([name, range]) => inputUse(name, range));
}

function inputUse(name: string, range: SharedMemoryRange): RangeUse {
  return { label: `input '${name}'`, range };
}

/** Where outputs go that are to be written to shared memory. Throws where one cannot be. */
export function outputUses({ outputs }: InferRequest, { ref, decoupled }: OutputModel): ReadonlyMap<string, RangeUse> {
  const uses = new Map<string, RangeUse>();
  for (const { name, classificationCount, sharedMemory } of outputs ?? []) {
    if (sharedMemory === undefined) continue;
    const label = `output '${name}'`;
    if (classificationCount > 0) {
      throw invalidArgument(`${label}: classes cannot be written to shared memory`);
    }
    if (decoupled) {
      throw new MillraceError(
        'unimplemented',
        msg`${label}: ${namedModel(ref.name)} may give several answers, which cannot share one range of shared memory`,
      );
    }
    uses.set(name, { label, range: sharedMemory });
  }
  return uses;
}
