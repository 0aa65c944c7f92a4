/** Names and values, one a line; what has no value is left out. */
export function formatFields(fields: readonly (readonly [name: string, value: string | undefined])[]): string {
  const said = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...said.map(([name]) => name.length));
  return said.map(([name, value]) => `${name.padEnd(width)}  ${value}\n`).join('');
}
