import { formatJson } from '../format/json.js';
import { fieldsOf } from './format.js';
import type { BatchReport } from './report.js';

/** A report as the content of a file: JSON, or a page that needs nothing besides itself. */
export function reportContent(report: BatchReport, file: string): string {
  return file.toLowerCase().endsWith('.html') ? reportPage(report) : formatJson(report);
}

function reportPage(report: BatchReport): string {
  const title = escapeHtml(`Batch of ${report.input} through ${report.model}`);
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['input', report.input],
    ...fieldsOf(report),
    ['mapping', report.mapping],
    ['started', report.started_at],
    ['ended', report.ended_at],
  ];
  const rows = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`<tr><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`],
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: 0.25rem 0.75rem; text-align: left; vertical-align: top; border-bottom: 1px solid #ddd; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<table>
<tbody>
${rows.join('\n')}
</tbody>
</table>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
