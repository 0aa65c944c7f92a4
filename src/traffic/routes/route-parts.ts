import { invalidArgument, type Principal } from '../../core/index.js';
import { admit } from '../../governance/index.js';
import type { NamedVersion } from '../../models/index.js';
import { formatArm, type Route } from '../../routing/index.js';

interface Part {
  /** As a caller would write it. */
  readonly name: string;
  readonly path: string;
}

/**
 * Whoever may change a route brings its callers to what it is made of, so they need the right to change routes of those models, too; what it
 * was made of before may stay. Throws `permission_denied`, and for a model that the principal does not see what is said where there is none.
 */
export function admitToParts(principal: Principal, route: Route, before: Route | undefined): void {
  const known = new Set(before === undefined ? [] : partsOf(before).map(({ name }) => name));
  for (const { name, path } of partsOf(route)) {
    if (known.has(name)) continue;
    const unknown = () => invalidArgument(`${path}.model: there is no model '${name}'`);
    admit(principal, 'route.change', { name, unknown });
  }
}

function partsOf({ name, arms, shadow }: Route): readonly Part[] {
  const at = `routes.${name}`;
  return [
    ...arms.map((arm, index) => ({ name: nameOf(arm), path: `${at}.arms[${index}]` })),
    ...(shadow === undefined ? [] : [{ name: nameOf(shadow), path: `${at}.shadow` }]),
  ];
}

/** A number is of the whole model: the right on one of its labels does not do. */
function nameOf({ model, label, version }: NamedVersion): string {
  return version === undefined ? formatArm({ model, label }) : model;
}
