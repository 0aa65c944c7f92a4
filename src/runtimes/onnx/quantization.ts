import { open } from 'node:fs/promises';

/** Operators whose scale is taken from all rows of a batch. */
const MARK = Buffer.from('DynamicQuantize');
const CHUNK_BYTES = 1_048_576;
/** Nodes come before weights in an ONNX file, so what is not found by then is hardly there. */
const MAX_SCANNED_BYTES = 67_108_864;

/** Whether the file names an operator of dynamic quantisation: then the numbers of a row depend on its batch-mates. */
export async function quantizesDynamically(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES + MARK.length);
    let kept = 0;
    for (let position = 0; position < MAX_SCANNED_BYTES; position += CHUNK_BYTES) {
      const { bytesRead } = await file.read(buffer, kept, CHUNK_BYTES, position);
      const filled = kept + bytesRead;
      if (buffer.subarray(0, filled).includes(MARK)) return true;
      if (bytesRead < CHUNK_BYTES) return false;
      // The mark may lie across two chunks.
      buffer.copyWithin(0, filled - MARK.length, filled);
      kept = MARK.length;
    }
    return false;
  } finally {
    await file.close();
  }
}
