import { type PlacedBinding, type Strangers, speaksOf, strangersOf } from '../../governance/index.js';
import { nearestName, parsePatterns } from '../../text/index.js';
import { type Check, type Diagnosis, listNames, setting } from '../diagnosis.js';
import type { Facts } from '../facts.js';

/** Bindings that are missing, and those that say nothing of what there is. */
export const checkBindings: Check = (facts) => [
  ...checkIssuers(facts),
  ...checkCertificates(facts),
  ...checkMatches(facts),
];

function checkIssuers({ settings: { auth }, access }: Facts): readonly Diagnosis[] {
  return auth.issuers.flatMap((issuer, index) => {
    const callers = strangersOf([issuer], false);
    if (areNamed(callers, access.bindings)) return [];
    const who = callers.map(({ names, groups }) =>
      groups === undefined ? `principal: "${names}someone"` : `group: "${groups}team"`,
    );
    return [
      {
        id: 'issuer-without-bindings',
        level: 'warning',
        what: `who comes with a token of ${issuer.issuer} may do nothing: no binding names any of them, or a group of theirs`,
        where: ['auth', 'issuers', String(index)],
        fix: setting(`auth: { bindings: [{ ${who.join()}, role: caller }] }`),
      } as const,
    ];
  });
}

/** With keys besides, certificates may be asked for to keep others away from the port. */
function checkCertificates({ settings: { auth, server }, access, store }: Facts): readonly Diagnosis[] {
  if (server.tls.clientCertificates === 'none' || areNamed(strangersOf([], true), access.bindings)) return [];
  return [
    {
      id: 'certificates-without-bindings',
      level: auth.keys.length + store.keys.length > 0 ? 'note' : 'warning',
      what: 'who comes with a certificate and nothing else may do nothing: no binding names a certificate or a group',
      where: ['server', 'tls', 'clientCertificates'],
      fix: setting('auth: { bindings: [{ principal: "cert:client.example.com", role: caller }] }'),
    },
  ];
}

function areNamed(callers: readonly Strangers[], bindings: readonly PlacedBinding[]): boolean {
  return bindings.some((binding) => callers.some((each) => speaksOf(binding, each)));
}

/** All of them are one finding: a name that is misspelt is often in many. */
function checkMatches({ access: { bindings }, served }: Facts): readonly Diagnosis[] {
  if (served === undefined) return [];
  const idle = bindings.flatMap((binding, index) => {
    const { models = ['*'] } = binding;
    return models.some((pattern) => matchesAny(pattern, served)) ? [] : [{ ...binding, models, index }];
  });
  const [first] = idle;
  if (first === undefined) return [];
  const { group, principal, role, models, index, place } = first;
  const who = group === undefined ? `principal: "${principal}"` : `group: "${group}"`;
  const [pattern = ''] = models;
  const meant = nearestName(pattern, served) ?? served[0] ?? '*';
  return [
    {
      id: 'binding-without-match',
      level: 'note',
      what: `no model or route has a name that these bindings speak of: ${listNames(idle.map((each) => `${each.models.join(' ')} (${each.place})`))}`,
      where: ['auth', 'bindings', String(index)],
      place,
      fix: setting(`auth: { bindings: [{ ${who}, role: ${role}, models: ["${meant}"] }] }`),
    },
  ];
}

/** `fraud@canary` speaks of `fraud`. */
function matchesAny(pattern: string, names: readonly string[]): boolean {
  const { isEverything, matches } = parsePatterns([pattern, pattern.replace(/(?<=.)@[^@]+$/, '')]);
  return isEverything || names.some(matches);
}
