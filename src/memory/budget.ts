const FACTORS = { M: 2, G: 3, T: 4 } as const;

/** Bytes of a budget as the settings have it, of so many bytes of memory; undefined = there is none. */
export function budgetBytes(text: string, memoryBytes: number): number | undefined {
  const [, number = '', unit = '', binary] = /^([\d.]+) ?(?:([MGT%])(i)?B?)?$/.exec(text) ?? [];
  if (number === '') return undefined;
  if (unit === '%') return Math.floor((memoryBytes * Number(number)) / 100);
  const base = binary === undefined ? 1_000 : 1_024;
  return Math.round(Number(number) * base ** (unit === '' ? 0 : FACTORS[unit as keyof typeof FACTORS]));
}

/** `1.21 GB`, `373 MB`: bytes for messages, in powers of 1000. */
export function formatMemory(bytes: number): string {
  if (bytes >= 999_500_000) return `${(bytes / 1e9).toFixed(2)} GB`;
  return `${Math.round(bytes / 1e6)} MB`;
}
