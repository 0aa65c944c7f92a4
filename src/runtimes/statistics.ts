import { MillraceError } from '../core/index.js';
import type { LoadedModel } from './contract.js';
import type { Description, StatisticSpec } from './description.js';

/** Statistics of one model, at most. */
const MAX_STATISTICS = 32;
const NAME = /^[a-z][a-z0-9_]{0,62}$/;
const MAX_HELP_LENGTH = 200;

/** Refuses statistics that could not become metrics: too many, or with names or descriptions that are wrong. */
export function checkStatistics({ statistics = [] }: Description): void {
  const refuse = (problem: string) => new MillraceError('internal', `statistics of the runtime: ${problem}`);
  if (statistics.length > MAX_STATISTICS) {
    throw refuse(`expected at most ${MAX_STATISTICS}, got ${statistics.length}`);
  }
  const names = new Set<string>();
  for (const { name, help } of statistics) {
    if (typeof name !== 'string' || !NAME.test(name)) {
      throw refuse(
        `expected names of lower-case letters, digits and '_', up to 63, got '${String(name).slice(0, 100)}'`,
      );
    }
    if (names.has(name)) throw refuse(`'${name}' is there twice`);
    if (typeof help !== 'string' || help === '' || help.length > MAX_HELP_LENGTH || help.includes('\n')) {
      throw refuse(`'${name}' needs a description of one line, up to ${MAX_HELP_LENGTH} characters`);
    }
    names.add(name);
  }
}

/** What a model says of itself now, in the order in which it has declared it; NaN for what it does not say. */
export function readStatistics(model: LoadedModel): Float64Array {
  const { statistics: specs = [] } = model.description;
  const said = model.statistics?.() ?? {};
  return Float64Array.from(specs, ({ name }) => {
    const value = said[name];
    return typeof value === 'number' ? value : Number.NaN;
  });
}

/** Values by name; those that are no finite numbers are left out. */
export function nameStatistics(
  specs: readonly StatisticSpec[],
  values: Float64Array,
): Readonly<Record<string, number>> {
  const named: Record<string, number> = {};
  for (const [index, { name }] of specs.entries()) {
    const value = values[index];
    if (Number.isFinite(value)) named[name] = value as number;
  }
  return named;
}
