import { globals } from './globals.js';
import type { Body } from './nodes.js';
import { parseTemplate } from './parser.js';
import { Run } from './run.js';
import { Scope } from './scope.js';
import { ofJson } from './values.js';

/**
 * A Jinja template as transformers renders it: Jinja2's immutable sandbox with `trim_blocks`, `lstrip_blocks`, the tags `break`, `continue` and
 * `generation`, its own `tojson`, `raise_exception` and `strftime_now`.
 */
export class JinjaTemplate {
  readonly #body: Body;

  /** Throws what is wrong with `source`, and in which line. */
  constructor(source: string) {
    this.#body = parseTemplate(source);
  }

  /** The text for variables, which are JSON. Throws what the template raises, and what Jinja2 or its sandbox refuses. */
  render(variables: Readonly<Record<string, unknown>>, now: () => Date = () => new Date()): string {
    const given = Object.entries(variables).filter(([, value]) => value !== undefined);
    const outer = new Scope(undefined, globals(now));
    const scope = new Scope(outer, new Map(given.map(([name, value]) => [name, ofJson(value)])));
    return new Run().text(this.#body, scope);
  }
}
