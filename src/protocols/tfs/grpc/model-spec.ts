import { type InferTarget, invalidArgument } from '../../../core/index.js';
import { type ProtoReader, VARINT } from '../../grpc/proto-reader.js';
import { labelled } from '../target.js';
import type { ModelSpecJson } from './methods.js';

/** A `ModelSpec`: which model, which of its versions, and by which signature. */
export interface ModelSpec {
  readonly target: InferTarget;
  readonly signatureName: string;
}

/** Takes a `ModelSpec`, which is nested in the reader's message. Throws `invalid_argument`. */
export function readModelSpec(reader: ProtoReader): ModelSpec {
  let name = '';
  let version: number | undefined;
  let label = '';
  let signatureName = '';
  const outer = reader.enter();
  for (let field = reader.delimitedField(4); field !== 0; field = reader.delimitedField(4)) {
    if (field === 1) name = reader.name();
    else if (field === 2) version = readVersion(reader);
    else if (field === 3) signatureName = reader.name();
    else label = reader.name();
  }
  reader.leave(outer);
  return { target: toTarget(name, version, label), signatureName };
}

/** The model that the parts of a `ModelSpec` mean. */
export function toTarget(name: string, version: number | undefined, label: string): InferTarget {
  if (name === '') throw invalidArgument("model_spec: expected the 'name' of a model, got none");
  if (label === '') return { name, version };
  if (version === undefined) return labelled(name, label);
  throw invalidArgument(`model_spec: expected either a 'version' or a 'version_label', got ${version} and '${label}'`);
}

/** An `Int64Value`. */
function readVersion(reader: ProtoReader): number {
  let version: number | bigint = 0;
  const outer = reader.enter();
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    if (key >>> 3 === 1) {
      reader.expect(key, VARINT);
      version = reader.int64();
    } else {
      reader.skip(key);
    }
  }
  reader.leave(outer);
  // No version is that large.
  return Number(version);
}

/** The model that a `ModelSpec` in JSON means; undefined = there is none. Throws `invalid_argument`. */
export function targetOfJson(spec: ModelSpecJson | undefined): InferTarget {
  const { name = '', version, version_label: label = '' } = spec ?? {};
  return toTarget(name, version === undefined ? undefined : Number(version), label);
}
