import type { Datatype, ExplicitTensor, InputElement, Nested, NumericArray, TensorData } from '../core/index.js';

/** `'FP32[-1,16]'`: datatype and full shape, batch dimension included; -1 = any size. A `?` at the end: optional input. */
export type TensorText = `${Datatype}[${string}]` | `${Datatype}[${string}]?`;

/** The long form of a {@link TensorText}. */
export interface TensorFields {
  readonly datatype: Datatype;
  /** Full shape, batch dimension included where the model batches; -1 = any size. */
  readonly shape: readonly number[];
  /** Inputs only: requests may leave it out. */
  readonly optional?: boolean;
  /** Outputs only: class labels by index. */
  readonly labels?: readonly string[];
}

/** How a model declares a tensor. */
export type TensorDeclaration = TensorText | TensorFields;
/** Tensors by name, in the order in which clients see them. */
export type TensorDeclarations = Readonly<Record<string, TensorDeclaration>>;

/** The datatype that a declaration names. */
export type DatatypeOf<T> = T extends `${infer D extends Datatype}[${string}`
  ? D
  : T extends { readonly datatype: infer D extends Datatype }
    ? D
    : Datatype;

type IsOptional<T> = T extends `${string}?` ? true : T extends { readonly optional: true } ? true : false;

/** The one element of a tensor. */
export type Scalar<D extends Datatype> = D extends 'BYTES'
  ? string
  : D extends 'BOOL'
    ? boolean
    : D extends 'INT64' | 'UINT64'
      ? bigint
      : number;

/** A tensor that a model is given. What is not read is not decoded. */
export interface ModelTensor<D extends Datatype = Datatype> {
  readonly name: string;
  readonly datatype: D;
  /** Concrete, batch dimension included. */
  readonly shape: readonly number[];
  /** Flat elements in row-major order: a typed array (FP16 and BF16 widened, BOOL as 0 and 1), or strings for BYTES. */
  readonly data: TensorData<D>;
  /** The element of a tensor that has only one; anything else is the caller's mistake (`invalid_argument`). */
  readonly value: Scalar<D>;
  /** The raw little-endian encoding. It may be overwritten once the model has answered. */
  readonly raw: Uint8Array;
  /** The elements of a BYTES tensor as they came; throws a TypeError for other datatypes. */
  bytes(): readonly Uint8Array[];
  /** Nested lists in the tensor's shape; a scalar for shape `[]`. */
  toNested(): unknown;
}

/**
 * What a model answers with: a typed array or nested lists, whose shape follows from the declaration where they do not
 * show it; `{ data, shape }`; a scalar; or a tensor that it was given.
 */
export type OutputValue<D extends Datatype = Datatype> =
  | Nested<InputElement<D> | NumericArray>
  | ExplicitTensor<D>
  | ModelTensor;

/** Inputs by name. */
export type ModelInputs<I extends TensorDeclarations> = {
  readonly [Name in keyof I as IsOptional<I[Name]> extends true ? never : Name]: ModelTensor<DatatypeOf<I[Name]>>;
} & {
  readonly [Name in keyof I as IsOptional<I[Name]> extends true ? Name : never]?: ModelTensor<DatatypeOf<I[Name]>>;
};

/** Outputs by name: all of them; `undefined` for one that this answer does without. */
export type ModelOutputs<O extends TensorDeclarations> = {
  readonly [Name in keyof O]: OutputValue<DatatypeOf<O[Name]>> | undefined;
};
