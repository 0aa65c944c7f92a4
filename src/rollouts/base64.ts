/** What a typed array sees, as snapshots keep it. */
export function toBase64({ buffer, byteOffset, byteLength }: ArrayBufferView): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** The same back, for a typed array of any kind. */
export function fromBase64(text: string): ArrayBuffer {
  // A copy, as what Buffer returns need not begin where numbers of several bytes may.
  return Uint8Array.from(Buffer.from(text, 'base64')).buffer;
}
