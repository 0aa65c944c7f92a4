import type { ShadowReport } from './report.js';
import { headLines, outputLines, pairLines, type ReportLine } from './report-lines.js';
import type { SampledTensor } from './samples.js';
import { formatCount, formatNumber, formatTime } from './say.js';

/** A report for a terminal, or for whoever is asked by a program. */
export function reportAsText(report: ShadowReport): string {
  const parts = [`route ${printable(report.route)}\n${block(headLines(report), '  ')}`];
  for (const pair of report.pairs) {
    parts.push(
      `${pair.primary} → ${pair.shadow}: ${formatCount(pair.requests)} requests\n${block(pairLines(pair), '  ')}`,
    );
    for (const output of pair.outputs)
      parts.push(`  output ${printable(output.name)}\n${block(outputLines(output), '    ')}`);
    for (const [index, sample] of pair.samples.entries()) {
      const { requestId, atMs, severity, inputs, primary, shadow } = sample;
      const head = `  disagreement ${index + 1}: request ${printable(requestId)}, ${formatTime(atMs)}, severity ${formatNumber(severity)}`;
      const tensors = (what: string, list: readonly SampledTensor[]) => list.map((tensor) => line(what, tensor));
      parts.push(
        [head, ...tensors('input', inputs), ...tensors('primary', primary), ...tensors('shadow', shadow)].join('\n'),
      );
    }
  }
  return `${parts.join('\n\n')}\n`;
}

/** `FP32[1,4] 0.1, 0.2 …`. */
export function formatSampled({ datatype, shape, elements, isCut }: SampledTensor): string {
  return `${datatype}[${shape.join(',')}] ${printable(elements.join(', '))}${isCut ? ' …' : ''}`;
}

function line(what: string, tensor: SampledTensor): string {
  return `    ${what.padEnd(8)}${printable(tensor.name)} = ${formatSampled(tensor)}`;
}

function block(lines: readonly ReportLine[], indent: string): string {
  const width = Math.max(...lines.map(({ name }) => name.length));
  return lines.map(({ name, text }) => `${indent}${name.padEnd(width)}  ${printable(text)}`).join('\n');
}

/** Names and texts are strangers': what would move a terminal's cursor is shown as a space. */
function printable(text: string): string {
  return text.replace(/\p{C}+/gu, ' ');
}
