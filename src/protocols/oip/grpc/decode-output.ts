import { excerpt, invalidArgument, type RequestedOutput } from '../../../core/index.js';
import type { ProtoReader } from '../../../protobuf/index.js';
import type { Named } from '../../shared/json/elements.js';
import { countParameter, sharedMemoryParameter } from '../decode-parameters.js';
import { type ParameterMap, readParameter } from './decode-parameters.js';

/** Takes the element `index` of `outputs`, an `InferRequestedOutputTensor`. */
export function readOutput(reader: ProtoReader, index: number): RequestedOutput {
  const position: Named = { label: `outputs[${index}]` };
  const outer = reader.enter();
  let name = '';
  let parameters: ParameterMap | undefined;
  for (let field = reader.delimitedField(2); field !== 0; field = reader.delimitedField(2)) {
    if (field === 1) name = reader.name();
    else parameters = readParameter(reader, position, parameters);
  }
  reader.leave(outer);
  if (name === '') throw invalidArgument(`${position.label}: expected a 'name', got none`);
  if (parameters === undefined) return { name, classificationCount: 0 };
  const owner: Named = { label: `output '${excerpt(name)}'` };
  const classificationCount = countParameter(parameters.values, 'classification', owner) ?? 0;
  const sharedMemory = sharedMemoryParameter(parameters.values, owner);
  return { name, classificationCount, ...(sharedMemory && { sharedMemory }) };
}
