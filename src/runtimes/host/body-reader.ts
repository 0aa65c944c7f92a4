import { ELEMENT_SIZE_BYTES, elementCount, type Signature } from '../../core/index.js';
import { ARENA_BYTES } from './body-arena.js';
import { loadMapFile } from './map-file.js';

/** Inputs with smaller rows are not worth a native library. */
const LEAST_ROW_BYTES = 65_536;

/** The runner's side of the memory of bodies: maps it, to be read only, for the first model with large inputs. */
export class BodyReader {
  readonly #fd: number;
  #memory: Uint8Array | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** What offsets in frames count from; undefined while it is not mapped. */
  get memory(): Uint8Array | undefined {
    return this.#memory;
  }

  /** Resolves whether a model of these inputs may get tensors there. */
  async serves(signature: Signature): Promise<boolean> {
    if (!hasLargeInputs(signature)) return false;
    this.#memory ??= (await loadMapFile())?.(this.#fd, ARENA_BYTES, { writable: false });
    return this.#memory !== undefined;
  }
}

function hasLargeInputs({ inputs }: Signature): boolean {
  return inputs.some(({ datatype, shape, batchAxis, rankUnknown }) => {
    const row = batchAxis === 0 ? shape.slice(1) : shape;
    if (datatype === 'BYTES' || rankUnknown || row.some((dimension) => dimension < 0)) return true;
    return ELEMENT_SIZE_BYTES[datatype] * elementCount(row) >= LEAST_ROW_BYTES;
  });
}
