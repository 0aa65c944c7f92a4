import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { JinjaTemplate } from './template.js';

interface Snippet {
  readonly template: string;
  /** undefined = Jinja2 refuses it. */
  readonly text?: string;
}

const [first = '', ...lines] = readFileSync('test/fixtures/templates/snippets.jsonl', 'utf8').trimEnd().split('\n');
const { variables } = JSON.parse(first) as { readonly variables: Record<string, unknown> };
/** As test/conformance/chat-templates/render.py tells it. */
const NOW = new Date(2026, 2, 4, 15, 6, 7);

function render(template: string): string | undefined {
  try {
    return new JinjaTemplate(template).render(variables, () => NOW);
  } catch {
    return undefined;
  }
}

it.each(lines.map((line) => JSON.parse(line) as Snippet))('Jinja2 renders $template', ({ template, text }) => {
  expect(render(template)).toBe(text);
});
