const MIB = 1_048_576;

/** Memory of a server and of the machine or control group, in bytes. */
export interface MemoryFacts {
  /** What the server and its runners hold. */
  readonly heldBytes: number;
  /** What is available to further processes. */
  readonly availableBytes: number;
}

/** Why a second server does not fit beside the first; undefined = it does. */
export function memoryRefusal({ heldBytes, availableBytes }: MemoryFacts): string | undefined {
  if (heldBytes <= availableBytes) return undefined;
  return (
    `the models do not fit into memory twice: this server and its runners hold ${inMib(heldBytes)}, and ${inMib(availableBytes)} are available; ` +
    'restart the server instead'
  );
}

function inMib(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
