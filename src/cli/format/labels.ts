import type { ModelLabel, ModelLabels } from '../../api/index.js';
import { formatTable, type TableStyle } from './table.js';

/** The labels of a model as a table. */
export function formatLabels({ model, labels }: ModelLabels, style: TableStyle): string {
  if (labels.length === 0) return `${model} has no labels\n`;
  const { green, yellow } = style.colors;
  return formatTable<ModelLabel>(
    [
      { header: 'LABEL', cell: ({ label }) => `${model}@${label}` },
      { header: 'VERSION', align: 'right', cell: ({ version }) => String(version) },
      { header: 'STATE', cell: ({ ready }) => (ready ? green('ready') : yellow('not ready')) },
      { header: 'OWNER', cell: ({ owner, place }) => (place === undefined ? owner : `${owner} ${place}`) },
    ],
    labels,
    style,
  );
}
