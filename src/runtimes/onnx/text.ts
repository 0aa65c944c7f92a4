import { bytesElements, invalidArgument, type Tensor } from '../../core/index.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The elements of a BYTES tensor as JavaScript strings, which is how ONNX Runtime takes them. Throws `invalid_argument`
 * for what would not arrive unchanged: bytes that are not UTF-8, and NUL, at which the binding cuts a string off.
 */
export function decodeTexts(name: string, data: Tensor['data']): string[] {
  return bytesElements(data).map((element, index) => {
    if (element.includes(0)) {
      throw invalidArgument(`input '${name}': element ${index} contains a NUL byte; expected text`);
    }
    try {
      return utf8.decode(element);
    } catch {
      throw invalidArgument(`input '${name}': element ${index} is not valid UTF-8; expected text`);
    }
  });
}

/** `texts` as a packed BYTES tensor's data. */
export function encodeTexts(texts: readonly string[]): Uint8Array {
  let sizeBytes = 0;
  for (const text of texts) sizeBytes += 4 + Buffer.byteLength(text);
  const packed = Buffer.alloc(sizeBytes);
  let offset = 0;
  for (const text of texts) {
    const length = packed.write(text, offset + 4);
    packed.writeUInt32LE(length, offset);
    offset += 4 + length;
  }
  return packed;
}
