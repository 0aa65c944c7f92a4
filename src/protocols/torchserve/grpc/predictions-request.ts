import { invalidArgument, type MillraceError } from '../../../core/index.js';
import { ProtoReader } from '../../../protobuf/index.js';
import type { Part } from '../multipart.js';

/** A `PredictionsRequest`, whose inputs are the fields of a form. */
export interface PredictionsRequest {
  readonly modelName: string;
  readonly modelVersion: string;
  readonly parts: readonly Part[];
  readonly sequenceId: string;
}

/** Inputs are views of the message; of those with one name the last one counts, as in every protobuf map. Throws `invalid_argument`. */
export function decodePredictionsRequest(message: Uint8Array, maxInputs: number): PredictionsRequest {
  const reader = new ProtoReader(message);
  let modelName = '';
  let modelVersion = '';
  let sequenceId = '';
  const inputs = new Map<string, Uint8Array>();
  for (let field = reader.delimitedField(4); field !== 0; field = reader.delimitedField(4)) {
    if (field === 1) modelName = reader.name();
    else if (field === 2) modelVersion = reader.name();
    else if (field === 4) sequenceId = reader.string();
    else readInput(reader, inputs);
    if (inputs.size > maxInputs) throw tooMany(maxInputs);
  }
  if (modelName === '') throw invalidArgument('Parameter model_name is required.');
  const parts = Array.from(inputs, ([name, data]) => ({ name, type: '', data }));
  return { modelName, modelVersion, parts, sequenceId };
}

function readInput(reader: ProtoReader, inputs: Map<string, Uint8Array>): void {
  const outer = reader.enter();
  let name = '';
  let data = new Uint8Array(0);
  for (let field = reader.delimitedField(2); field !== 0; field = reader.delimitedField(2)) {
    if (field === 1) name = reader.name();
    else data = reader.view() as Uint8Array<ArrayBuffer>;
  }
  reader.leave(outer);
  inputs.set(name, data);
}

function tooMany(maxInputs: number): MillraceError {
  return invalidArgument(`request: expected at most ${maxInputs} inputs, got more`);
}
