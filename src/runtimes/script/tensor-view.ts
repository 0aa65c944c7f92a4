import {
  bytesElements,
  type Datatype,
  decodeElements,
  formatTensorType,
  nestElements,
  type Tensor,
  type TensorData,
} from '../../core/index.js';
import { ModelError, type ModelTensor, type Scalar } from '../../model/index.js';

/** A tensor as scripts see it; its elements are decoded when they are first read. */
export class TensorView implements ModelTensor {
  readonly #tensor: Tensor;
  #data: TensorData<Datatype> | undefined;

  constructor(tensor: Tensor) {
    this.#tensor = tensor;
  }

  get name(): string {
    return this.#tensor.name;
  }

  get datatype(): Datatype {
    return this.#tensor.datatype;
  }

  get shape(): readonly number[] {
    return this.#tensor.shape;
  }

  get raw(): Uint8Array {
    return this.#tensor.data;
  }

  get data(): TensorData<Datatype> {
    this.#data ??= decodeElements(this.#tensor);
    return this.#data;
  }

  get value(): Scalar<Datatype> {
    const { name, datatype, shape } = this.#tensor;
    const { data } = this;
    const [value] = data;
    if (value === undefined || data.length !== 1) {
      throw new ModelError(
        'invalid_argument',
        `'${name}': expected one element, got ${formatTensorType(datatype, shape)}`,
      );
    }
    return datatype === 'BOOL' ? value !== 0 : value;
  }

  bytes(): readonly Uint8Array[] {
    if (this.datatype === 'BYTES') return bytesElements(this.raw);
    throw new TypeError(`'${this.name}' is ${this.datatype}, not BYTES: use its data`);
  }

  toNested(): unknown {
    return nestElements(this.data, this.shape);
  }
}
