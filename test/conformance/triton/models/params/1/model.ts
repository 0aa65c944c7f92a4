import { defineModel } from 'millrace/model';

/** Tells what it was asked beside the tensors, written as Python writes JSON. */
export default defineModel({
  inputs: { IN: 'INT32[1]' },
  outputs: { OUT: 'BYTES[1]' },
  infer({ parameters, clientId, wanted }) {
    const told = { id: clientId, parameters, requested: [...(wanted ?? ['OUT'])].sort() };
    return { OUT: dump(told) };
  },
});

function dump(value: unknown): string {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(dump).join(', ')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${dump(member)}`).join(', ')}}`;
}
