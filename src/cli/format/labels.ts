import { formatTable, type TableStyle } from './table.js';

/** The labels of a model as the server's API tells them. */
export interface LabelsBody {
  readonly model: string;
  readonly labels: readonly LabelRow[];
}

interface LabelRow {
  readonly label: string;
  readonly version: number;
  readonly owner: string;
  readonly place?: string;
  readonly ready: boolean;
}

/** The labels of a model as a table. */
export function formatLabels({ model, labels }: LabelsBody, style: TableStyle): string {
  if (labels.length === 0) return `${model} has no labels\n`;
  const { green, yellow } = style.colors;
  return formatTable<LabelRow>(
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
