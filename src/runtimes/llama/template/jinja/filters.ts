import type { Calls, Filter } from './filter.js';
import { toJson } from './json.js';
import { SEQUENCE_FILTERS } from './sequence-filters.js';
import { TESTS } from './tests.js';
import { TEXT_FILTERS } from './text-filters.js';
import { TemplateError } from './values.js';

/** Filters of Jinja2, and `tojson` of transformers, by name. */
export const FILTERS: ReadonlyMap<string, Filter> = new Map<string, Filter>([
  ...TEXT_FILTERS,
  ...SEQUENCE_FILTERS,
  ['tojson', toJson],
]);

/** Filters and tests by name, for templates and for filters that take names of others. */
export const CALLS: Calls = {
  filter: (name, value, given) => {
    const filter = FILTERS.get(name);
    if (filter === undefined) throw new TemplateError(`No filter named '${name}' found.`);
    return filter(value, given, CALLS);
  },
  test: (name, value, given) => {
    const test = TESTS.get(name);
    if (test === undefined) throw new TemplateError(`No test named '${name}' found.`);
    return test(value, given);
  },
};
