import { excerpt, invalidArgument, type Parameters, type RequestedOutput } from '../../core/index.js';
import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from '../shared/json/bytes.js';
import type { JsonCursor } from '../shared/json/cursor.js';
import type { Named } from '../shared/json/elements.js';
import { skipValue } from '../shared/json/skip.js';
import { readString } from '../shared/json/string.js';
import { readMemberName, wordSet } from '../shared/json/words.js';
import { booleanParameter, countParameter, readParameters, sharedMemoryParameter } from './decode-parameters.js';

const MEMBERS = wordSet('name', 'parameters');

/** The outputs that a request names, and which of them as binary data. */
export interface OutputList {
  readonly outputs: readonly RequestedOutput[];
  readonly binaryNames: ReadonlySet<string>;
}

/** Takes the `outputs` of a request, at most `maxOutputs`. Of an output named twice the last mention counts. */
export function readOutputs(cursor: JsonCursor, maxOutputs: number): OutputList {
  const outputs = new Map<string, RequestedOutput>();
  const binaryNames = new Set<string>();
  let count = 0;
  let more = cursor.enter(OPEN_BRACKET, CLOSE_BRACKET, 'an array');
  while (more) {
    if (count === maxOutputs) throw invalidArgument(`request: expected at most ${maxOutputs} outputs, got more`);
    const { output, binary } = readOutput(cursor, count++);
    outputs.set(output.name, output);
    if (binary) binaryNames.add(output.name);
    else binaryNames.delete(output.name);
    more = cursor.next(CLOSE_BRACKET);
  }
  return { outputs: [...outputs.values()], binaryNames };
}

function readOutput(cursor: JsonCursor, index: number): { output: RequestedOutput; binary: boolean } {
  const position: Named = { label: `outputs[${index}]` };
  let name: string | undefined;
  let parameters: Parameters | undefined;
  let more = cursor.enter(OPEN_BRACE, CLOSE_BRACE, 'an object');
  while (more) {
    const member = readMemberName(cursor, MEMBERS);
    if ((member === 'name' ? name : member && parameters) !== undefined) {
      throw invalidArgument(`${position.label}: '${member}' is given twice`);
    }
    if (member === 'name') name = readString(cursor);
    else if (member === 'parameters') parameters = cursor.take('null') ? undefined : readParameters(cursor, position);
    else skipValue(cursor);
    more = cursor.next(CLOSE_BRACE);
  }
  if (name === undefined) throw invalidArgument(`${position.label}: expected a 'name', got none`);
  if (parameters === undefined) return { output: { name, classificationCount: 0 }, binary: false };
  const owner: Named = { label: `output '${excerpt(name)}'` };
  const classificationCount = countParameter(parameters, 'classification', owner) ?? 0;
  const binary = booleanParameter(parameters, 'binary_data', owner) ?? false;
  const sharedMemory = sharedMemoryParameter(parameters, owner);
  return { output: { name, classificationCount, ...(sharedMemory !== undefined && { sharedMemory }) }, binary };
}
