/** What a server answers to a reload. */
export interface Reloaded {
  readonly changed: readonly { readonly setting: string; readonly file?: string }[];
  readonly needs_restart: readonly string[];
}

/** One line for each setting that has changed or will at the next start. */
export function formatReload({ changed, needs_restart: needsRestart }: Reloaded): string {
  const lines = [
    ...changed.map(({ setting, file }) => `${setting} changed${file === undefined ? '' : ` (${file})`}`),
    ...needsRestart.map((setting) => `${setting} will take effect at the next start`),
  ];
  return `${lines.length === 0 ? 'nothing changed' : lines.join('\n')}\n`;
}
