/** Data in memory of its own, which can be moved to the thread: itself, or a copy of a view. A view would be cloned with all that it is a view of. */
export function ownedData(data: Uint8Array): Uint8Array {
  return data.byteLength === data.buffer.byteLength ? data : new Uint8Array(data);
}
