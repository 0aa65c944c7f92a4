import { hashText } from '../core/index.js';
import type { OutlierPolicy } from './arm-health.js';
import type { WeighedArm } from './choose-arm.js';
import { formatLabelledName } from './labelled-name.js';
import type { RouteConfig, RoutesOptions } from './options.js';
import { type OutcomeTerms, outcomesOf } from './outcome-terms.js';
import { compileRule, isCredential, type Rule } from './rule.js';
import type { ShadowConfig } from './shadow-options.js';

/** One of the versions that answer for a route. */
export interface RouteArm extends WeighedArm {
  readonly name: string;
  readonly model: string;
  /** undefined with no version either: the version that the model's bare name stands for. */
  readonly label: string | undefined;
  readonly version: number | undefined;
}

/** The model of an arm, with its label where it has one: `fraud@canary`. */
export function formatArm({ model, label }: Pick<RouteArm, 'model' | 'label'>): string {
  return label === undefined ? model : formatLabelledName({ name: model, label });
}

/** What makes callers get the same arm each time. */
export type StickyKey =
  | { readonly by: 'header' | 'cookie' | 'parameter'; readonly name: string }
  | { readonly by: 'principal' | 'trace' };

/** A route, checked, with its conditions compiled. */
export interface Route {
  readonly name: string;
  /** As it was declared, and completed with defaults. */
  readonly config: RouteConfig;
  readonly arms: readonly RouteArm[];
  readonly sticky: StickyKey | undefined;
  readonly rules: readonly Rule[];
  /** To be tried in this order where the chosen arm is unavailable or its queue is full. */
  readonly fallback: readonly RouteArm[];
  /** undefined = no arm is left out for how it answers. */
  readonly outlierDetection: OutlierPolicy | undefined;
  /** Who gets copies of its requests. */
  readonly shadow: ShadowConfig | undefined;
  /** undefined = none are collected. */
  readonly outcomes: OutcomeTerms | undefined;
  /** An arm that gets no further keys; of sticky routes. */
  readonly closed: ClosedArm | undefined;
  /** The choice depends on parameters or inputs, so that it cannot be made before the request is decoded. */
  readonly needsRequest: boolean;
}

/** A problem with a route, and where in its configuration. */
export interface RouteProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** Makes the routes of their configurations; where anything is wrong with one, that is among the problems and the route is left out. */
export function createRoutes(configs: RoutesOptions): {
  readonly routes: readonly Route[];
  readonly problems: readonly RouteProblem[];
} {
  const names = new Set(Object.keys(configs));
  const routes: Route[] = [];
  const problems: RouteProblem[] = [];
  for (const [name, config] of Object.entries(configs)) {
    const made = createRoute({ name, config, names });
    if ('route' in made) routes.push(made.route);
    else problems.push(...made.problems);
  }
  return { routes, problems };
}

/** Makes one route of its configuration, or says what is wrong with it. */
export function createRoute(
  named: NamedConfig,
): { readonly route: Route } | { readonly problems: readonly RouteProblem[] } {
  const problems: RouteProblem[] = [];
  const route = readRoute(named, (path, message) => {
    problems.push({ path: [named.name, ...path.map(String)], message });
  });
  return problems.length === 0 ? { route } : { problems };
}

type Report = (path: readonly (string | number)[], message: string) => void;

/** A route that is to be made. */
export interface NamedConfig {
  readonly name: string;
  readonly config: RouteConfig;
  /** Of all routes. */
  readonly names: ReadonlySet<string>;
}

function readRoute({ name, config, names }: NamedConfig, report: Report): Route {
  const arms = config.arms.map((arm, index): RouteArm => {
    const { model, label, version, weight } = arm;
    if (label !== undefined && version !== undefined) {
      report(['arms', index], `expected a label or a version, got both ('${label}' and ${version})`);
    }
    const isBare = label === undefined && version === undefined;
    if (isBare && names.has(model)) {
      const what = model === name ? 'the route itself' : 'a route';
      report(['arms', index, 'model'], `'${model}' is ${what}; expected a model: give it a label or a version`);
    }
    const armName = arm.name ?? label ?? (version === undefined ? model : String(version));
    return { name: armName, model, label, version, weight, seed: hashText(armName) };
  });
  for (const [index, arm] of arms.entries()) {
    const twin = arms.findIndex((other) => other.name === arm.name);
    if (twin < index)
      report(['arms', index], `the arm '${arm.name}' is there already; give one of them another \`name\``);
  }
  if (arms.every(({ weight }) => weight === 0)) report(['arms'], 'expected an arm with a weight of more than 0');
  const armCalled = (wanted: string, path: readonly (string | number)[]): readonly RouteArm[] => {
    const found = arms.filter((candidate) => candidate.name === wanted);
    const known = arms.map((candidate) => `'${candidate.name}'`).join(', ');
    if (found.length === 0) report(path, `there is no arm '${wanted}'; there is ${known}`);
    return found;
  };
  const rules = config.rules.flatMap(({ when, arm }, index): Rule[] => {
    armCalled(arm, ['rules', index, 'arm']);
    const compiled = compileRule(when, arm);
    if ('problem' in compiled) report(['rules', index, 'when'], compiled.problem);
    return 'problem' in compiled ? [] : [compiled.rule];
  });
  const fallback = config.fallback.flatMap((arm, index) => armCalled(arm, ['fallback', index]));
  const sticky = stickyOf(config, report);
  checkShadow({ name, config, names }, report);
  const outcomes = outcomesOf(config, report);
  const needsRequest = sticky?.by === 'parameter' || rules.some((rule) => rule.needsRequest);
  return {
    name,
    config,
    arms,
    sticky,
    rules,
    fallback,
    outlierDetection: config.outlierDetection,
    shadow: config.shadow,
    outcomes,
    closed: undefined,
    needsRequest,
  };
}

function checkShadow({ name, config: { shadow }, names }: NamedConfig, report: Report): void {
  if (shadow === undefined) return;
  const { model, label, version } = shadow;
  if (label !== undefined && version !== undefined) {
    report(['shadow'], `expected a label or a version, got both ('${label}' and ${version})`);
  }
  if (label === undefined && version === undefined && names.has(model)) {
    const what = model === name ? 'the route itself' : 'a route';
    report(['shadow', 'model'], `'${model}' is ${what}; expected a model: give it a label or a version`);
  }
}

function stickyOf({ sticky }: RouteConfig, report: Report): StickyKey | undefined {
  if (sticky === undefined) return undefined;
  const keys = (['header', 'cookie', 'parameter', 'principal', 'trace'] as const).filter(
    (key) => sticky[key] !== undefined,
  );
  const [by] = keys;
  if (by === undefined || keys.length > 1) {
    const got = keys.length === 0 ? 'none' : keys.join(' and ');
    report(['sticky'], `expected one of header, cookie, parameter, principal or trace, got ${got}`);
    return undefined;
  }
  const name = sticky[by];
  if (by === 'principal' || by === 'trace' || typeof name !== 'string')
    return { by: by === 'trace' ? by : 'principal' };
  if (by === 'header' && isCredential(name)) {
    report(['sticky', 'header'], `'${name}' carries a credential, which routes do not see; use \`principal: true\``);
  }
  return { by, name: by === 'header' ? name.toLowerCase() : name };
}

/** An arm that keeps the keys it has and gets no further ones. */
export interface ClosedArm {
  /** Names of arms: the one that is closed, and the one that its further keys get. */
  readonly arm: string;
  readonly others: string;
  /** Whether it has the key of that hash (`hashText(key).low`). */
  readonly keys: { has(hash: number): boolean };
}

/** The arm that a key gets instead of the one that is closed to it; undefined = it may have that. */
export function armInstead<Arm extends { readonly name: string }>(
  { arms, closed }: { readonly arms: readonly Arm[]; readonly closed: ClosedArm | undefined },
  arm: Arm,
  key: string,
): Arm | undefined {
  if (closed === undefined || arm.name !== closed.arm || closed.keys.has(hashText(key).low)) return undefined;
  return arms.find(({ name }) => name === closed.others);
}
