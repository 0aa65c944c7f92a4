import { MillraceError } from '../../core/index.js';

const MAX_NAMES = 65_536;

/** Tensor names by their position, which is what frames carry; of one side of a signature, mostly. */
export class NameTable {
  readonly #names: readonly string[];
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(specs: readonly { readonly name: string }[]) {
    if (specs.length > MAX_NAMES) {
      throw new MillraceError(
        'unimplemented',
        `the model has ${specs.length} tensors; at most ${MAX_NAMES} are supported`,
      );
    }
    this.#names = specs.map((spec) => spec.name);
    this.#indexes = new Map(this.#names.map((name, index) => [name, index]));
  }

  indexOf(name: string): number {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new MillraceError('internal', `tensor '${name}' is not in the model's signature`);
    return index;
  }

  nameAt(index: number): string {
    const name = this.#names[index];
    if (name === undefined) throw new MillraceError('internal', `malformed frame: no tensor has the index ${index}`);
    return name;
  }
}
