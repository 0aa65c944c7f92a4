import { MillraceError } from '../core/index.js';
import { type Caller, checkWrittenCaller, createCallerMatch, type WrittenCaller } from '../governance/index.js';
import { isBelowHttpsPrefix, parseHttpsPrefix } from '../network/index.js';
import { isBelowPrefix, parseObjectPrefix } from '../object-store/index.js';

type Rule = WrittenCaller & { readonly prefixes: readonly string[] };

/** Who may read, and write, objects below which prefixes, and read files of web servers: `jobs.inputs` and `jobs.outputs` of the settings. */
export interface ObjectRules {
  readonly inputs: { readonly allow: readonly Rule[] };
  readonly outputs: { readonly allow: readonly Rule[] };
}

/** URLs that a caller names: what is read, and what is written. */
export interface NamedObjects {
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  readonly failure?: string | undefined;
}

/**
 * Throws `permission_denied` where the settings allow the caller one of the objects not: the same for one that is there and one that is not, since no
 * store is asked.
 */
export function checkObjects(rules: ObjectRules, caller: Caller, objects: NamedObjects | undefined): void {
  if (objects === undefined) return;
  const { input, output, failure } = objects;
  if (input !== undefined) check(rules.inputs.allow, caller, { url: input, setting: 'jobs.inputs.allow' });
  for (const url of [output, failure]) {
    if (url !== undefined) check(rules.outputs.allow, caller, { url, setting: 'jobs.outputs.allow' });
  }
}

/** As {@link checkObjects}, without an error. */
export function mayName(rules: ObjectRules, caller: Caller, objects: NamedObjects): boolean {
  try {
    checkObjects(rules, caller, objects);
    return true;
  } catch {
    return false;
  }
}

/** Of rules, which are there as long as the server. */
const matches = new WeakMap<Rule, (caller: Caller) => boolean>();

function isFor(rule: Rule, caller: Caller): boolean {
  const match = matches.get(rule) ?? createCallerMatch(rule);
  matches.set(rule, match);
  return match(caller);
}

function check(
  rules: readonly Rule[],
  caller: Caller,
  { url, setting }: { readonly url: string; readonly setting: string },
): void {
  const isAllowed = rules.some((rule) => rule.prefixes.some((prefix) => isBelow(url, prefix)) && isFor(rule, caller));
  if (isAllowed) return;
  const message = `'${url}' is below no prefix that ${setting} lists for '${caller.id}'`;
  throw new MillraceError('permission_denied', message);
}

function isBelow(url: string, prefix: string): boolean {
  return isBelowPrefix(url, prefix) || isBelowHttpsPrefix(url, prefix);
}

/** What is wrong with rules, besides what their schema says: where (`inputs.allow.0.principal`), and what. */
export function checkObjectRules({
  inputs,
  outputs,
}: ObjectRules): readonly { path: readonly string[]; message: string }[] {
  const rules = { inputs: { ...inputs, parse: parseInputPrefix }, outputs: { ...outputs, parse: parseObjectPrefix } };
  return Object.entries(rules).flatMap(([name, { allow, parse }]) =>
    allow.flatMap(({ principal, prefixes }, index) => {
      const path = [name, 'allow', String(index)];
      const problem = checkWrittenCaller(principal);
      return [
        ...(problem === undefined ? [] : [{ path: [...path, 'principal'], message: problem }]),
        ...prefixes.flatMap((prefix, at) => {
          try {
            parse(prefix);
            return [];
          } catch (error) {
            return [{ path: [...path, 'prefixes', String(at)], message: (error as Error).message }];
          }
        }),
      ];
    }),
  );
}

/** Web servers are read only. */
function parseInputPrefix(prefix: string): unknown {
  return prefix.startsWith('https:') ? parseHttpsPrefix(prefix) : parseObjectPrefix(prefix);
}
