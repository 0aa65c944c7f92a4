import { type InferTarget, invalidArgument, type MillraceError } from '../../../core/index.js';
import type { ProtoReader } from '../../../protobuf/index.js';
import { labelled } from '../target.js';
import { readInt64Value } from './int64-value.js';
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
    // No version is beyond 2^53.
    else if (field === 2) version = Number(readInt64Value(reader));
    else if (field === 3) signatureName = reader.name();
    else label = reader.name();
  }
  reader.leave(outer);
  return { target: toTarget(name, version, label), signatureName };
}

/** The `ModelSpec` of a request. Throws `invalid_argument` where there is none. */
export function givenSpec(spec: ModelSpec | undefined): ModelSpec {
  if (spec === undefined) throw nameless();
  return spec;
}

/** The model that the parts of a `ModelSpec` mean. */
function toTarget(name: string, version: number | undefined, label: string): InferTarget {
  if (name === '') throw nameless();
  if (label === '') return { name, version };
  if (version === undefined) return labelled(name, label);
  throw invalidArgument(`model_spec: expected either a 'version' or a 'version_label', got ${version} and '${label}'`);
}

function nameless(): MillraceError {
  return invalidArgument("model_spec: expected the 'name' of a model, got none");
}

/** The model that a `ModelSpec` in JSON means; undefined = there is none. Throws `invalid_argument`. */
export function targetOfJson(spec: ModelSpecJson | undefined): InferTarget {
  const { name = '', version, version_label: label = '' } = spec ?? {};
  return toTarget(name, version === undefined ? undefined : Number(version), label);
}
