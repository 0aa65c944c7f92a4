import { bytesElements, type Datatype, invalidArgument, typedView } from '../core/index.js';

/** The elements of a tensor as JSON writes them: numbers, booleans or strings, flat and in row-major order. */
export function jsonValues(datatype: Datatype, data: Uint8Array): (number | boolean | string)[] {
  switch (datatype) {
    case 'BYTES':
      return bytesElements(data).map((element) => Buffer.from(element).toString());
    case 'BOOL':
      return Array.from(data, (value) => value !== 0);
    case 'FP32':
      return Array.from<number | bigint, number>(elementsOf(datatype, data), (value) => shortestFloat(Number(value)));
    case 'FP16':
    case 'BF16':
      throw invalidArgument(`${datatype} tensors are sent in the binary format only`);
    default:
      return Array.from<number | bigint, number>(elementsOf(datatype, data), Number);
  }
}

/** The double with the fewest decimals that rounds to this float: 0.1 rather than 0.10000000149. */
function shortestFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return value;
}

function elementsOf(datatype: Datatype, data: Uint8Array): Iterable<number | bigint> {
  return typedView(datatype, data);
}
