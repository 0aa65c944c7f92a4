import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { GraphField } from './graph-fields.js';
import { textOf, type WireField, wireFields } from './wire-fields.js';

/** A model without ZipMap, and the class labels by output that its ZipMap nodes had. */
export interface Unzipped {
  readonly model: Uint8Array;
  readonly labels: ReadonlyMap<string, readonly string[]>;
}

const MODEL_GRAPH = 7;
/** Fields of `NodeProto`, `AttributeProto`, `ValueInfoProto` and what belongs to `TypeProto`. */
const NodeField = { input: 1, output: 2, name: 3, operator: 4, attribute: 5 } as const;
const AttributeField = { integers: 8, strings: 9 } as const;
const ValueField = { name: 1, type: 2 } as const;
const TypeField = { tensor: 1 } as const;
const TensorField = { elementType: 1, shape: 2 } as const;
const ShapeField = { dimension: 1 } as const;
const DimensionField = { value: 1 } as const;
/** In `TensorProto.DataType`. */
const FLOAT = 1;

/**
 * scikit-learn's converters end classifiers with ZipMap, which makes a list of maps from class to probability of a
 * tensor [rows, classes]. Its outputs become that tensor again. undefined where the model has no such output.
 */
export function withoutZipMap(model: Uint8Array): Unzipped | undefined {
  const labels = new Map<string, readonly string[]>();
  const bytes = rewrite(model, (field) => {
    if (field.number !== MODEL_GRAPH) return undefined;
    for (const part of wireFields(field.bytes)) {
      const zipMap = part.number === GraphField.node ? readZipMap(part.bytes) : undefined;
      if (zipMap !== undefined) labels.set(zipMap.output, zipMap.labels);
    }
    return rewrite(field.bytes, (part) => rewriteGraphField(part, labels));
  });
  return labels.size === 0 ? undefined : { model: bytes, labels };
}

function rewriteGraphField({ number, bytes }: WireField, labels: Unzipped['labels']): Uint8Array | undefined {
  if (number === GraphField.node) {
    const zipMap = readZipMap(bytes);
    return (
      zipMap &&
      new BinaryWriter()
        .tag(NodeField.input, WireType.LengthDelimited)
        .string(zipMap.input)
        .tag(NodeField.output, WireType.LengthDelimited)
        .string(zipMap.output)
        .tag(NodeField.operator, WireType.LengthDelimited)
        .string('Identity')
        .finish()
    );
  }
  if (number !== GraphField.output) return undefined;
  const name = [...wireFields(bytes)].find((field) => field.number === ValueField.name);
  if (name === undefined || !labels.has(textOf(name))) return undefined;
  const type = probabilitiesType(labels.get(textOf(name))?.length ?? 0);
  return new BinaryWriter().raw(name.raw).tag(ValueField.type, WireType.LengthDelimited).bytes(type).finish();
}

/** `TypeProto` of a tensor FLOAT[rows, classes], with any number of rows. */
function probabilitiesType(classes: number): Uint8Array {
  const writer = new BinaryWriter();
  const message = (number: number) => writer.tag(number, WireType.LengthDelimited).fork();
  message(TypeField.tensor).tag(TensorField.elementType, WireType.Varint).int32(FLOAT);
  message(TensorField.shape);
  message(ShapeField.dimension).join();
  message(ShapeField.dimension).tag(DimensionField.value, WireType.Varint).int32(classes).join();
  return writer.join().join().finish();
}

interface ZipMap {
  readonly input: string;
  readonly output: string;
  readonly labels: readonly string[];
}

function readZipMap(node: Uint8Array): ZipMap | undefined {
  const fields = [...wireFields(node)];
  const text = (number: number) => {
    const field = fields.find((candidate) => candidate.number === number);
    return field === undefined ? '' : textOf(field);
  };
  if (text(NodeField.operator) !== 'ZipMap') return undefined;
  const attributes = fields.filter(({ number }) => number === NodeField.attribute);
  const labels = attributes.flatMap(({ bytes }) => [...wireFields(bytes)].flatMap(labelOf));
  return { input: text(NodeField.input), output: text(NodeField.output), labels };
}

/** `classlabels_strings` or `classlabels_int64s`, the latter packed or not. */
function labelOf(field: WireField): readonly string[] {
  if (field.number === AttributeField.strings) return [textOf(field)];
  if (field.number !== AttributeField.integers) return [];
  const packed = new BinaryReader(field.bytes);
  const labels = packed.len === 0 ? [String(field.integer)] : [];
  while (packed.pos < packed.len) labels.push(String(packed.int64()));
  return labels;
}

/** The message with other values in the fields for which `change` gives one. */
function rewrite(message: Uint8Array, change: (field: WireField) => Uint8Array | undefined): Uint8Array {
  const writer = new BinaryWriter();
  for (const field of wireFields(message)) {
    const changed = change(field);
    if (changed === undefined) writer.raw(field.raw);
    else writer.tag(field.number, WireType.LengthDelimited).bytes(changed);
  }
  return writer.finish();
}
