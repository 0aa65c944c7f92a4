import { excerpt, invalidArgument, type MillraceError, type ParameterValue } from '../../../core/index.js';
import { DELIMITED, FIXED64, type ProtoReader, VARINT } from '../../../protobuf/index.js';
import type { Named } from '../../shared/json/elements.js';
import { MAX_PARAMETERS } from '../decode-parameters.js';

/** A `map<string, InferParameter>` as far as it has been read. */
export interface ParameterMap {
  entries: number;
  readonly values: Record<string, ParameterValue>;
}

/**
 * Takes an entry of a `map<string, InferParameter>` and adds it to those before it; of a name that comes twice the last
 * one counts, as in every protobuf map.
 */
export function readParameter(reader: ProtoReader, owner: Named, before: ParameterMap | undefined): ParameterMap {
  const map = before ?? { entries: 0, values: Object.create(null) };
  if (++map.entries > MAX_PARAMETERS) {
    throw refused(owner, `expected at most ${MAX_PARAMETERS} parameters, got more`);
  }
  const outer = reader.enter();
  let name = '';
  let value: ParameterValue | undefined;
  for (let field = reader.delimitedField(2); field !== 0; field = reader.delimitedField(2)) {
    if (field === 1) name = reader.name();
    else value = readValue(reader, value);
  }
  reader.leave(outer);
  if (value === undefined) throw refused(owner, `parameter '${excerpt(name)}' has no value`);
  map.values[name] = value;
  return map;
}

/** The last member of the `oneof` counts. */
function readValue(reader: ProtoReader, before: ParameterValue | undefined): ParameterValue | undefined {
  const outer = reader.enter();
  let value = before;
  for (let key = reader.key(); key !== 0; key = reader.key()) {
    switch (key >>> 3) {
      case 1:
        reader.expect(key, VARINT);
        reader.varint();
        value = (reader.low | reader.high) !== 0;
        break;
      case 2:
        reader.expect(key, VARINT);
        value = reader.int64();
        break;
      case 3:
        reader.expect(key, DELIMITED);
        value = reader.string();
        break;
      case 4:
        reader.expect(key, FIXED64);
        value = reader.double();
        break;
      case 5:
        reader.expect(key, VARINT);
        value = reader.uint64();
        break;
      default:
        reader.skip(key);
    }
  }
  reader.leave(outer);
  return value;
}

function refused(owner: Named, text: string): MillraceError {
  return invalidArgument(`${owner.label}: ${text}`);
}
