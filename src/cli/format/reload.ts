import type { Reload } from '../../api/index.js';

/** One line for each setting that has changed or will at the next start. */
export function formatReload({ changed, needs_restart: needsRestart }: Reload): string {
  const lines = [
    ...changed.map(({ setting, file }) => `${setting} changed${file === undefined ? '' : ` (${file})`}`),
    ...needsRestart.map((setting) => `${setting} will take effect at the next start`),
  ];
  return `${lines.length === 0 ? 'nothing changed' : lines.join('\n')}\n`;
}
