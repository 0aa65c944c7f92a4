import type { Settings } from '../../config/index.js';
import { type Check, DAY_MS, type Diagnosis, setting } from '../diagnosis.js';

type Issuer = Settings['auth']['issuers'][number];

/** Providers of tokens, and what may go wrong between several of them. */
export const checkIssuers: Check = ({ settings: { auth } }) => [
  ...auth.issuers.flatMap((issuer, index) => checkIssuer(issuer, ['auth', 'issuers', String(index)])),
  ...auth.issuers.flatMap((issuer, index) => {
    const twin = auth.issuers.slice(0, index).find((earlier) => shareGroups(earlier, issuer));
    return twin === undefined ? [] : [sharedGroups(twin, issuer, index)];
  }),
];

function checkIssuer({ issuer, tokens, maxStaleMs }: Issuer, where: readonly string[]): readonly Diagnosis[] {
  return [
    ...(tokens === 'any'
      ? [
          {
            id: 'issuer-any-token',
            level: 'note',
            what: `of ${issuer} tokens are accepted that do not say what they are for`,
            where: [...where, 'tokens'],
            fix: setting(`auth: { issuers: [{ issuer: "${issuer}", audience: millrace, tokens: access }] }`),
          } as const,
        ]
      : []),
    ...(maxStaleMs > DAY_MS
      ? [
          {
            id: 'issuer-stale',
            level: 'warning',
            what: `while ${issuer} cannot be reached, keys that it has withdrawn hold for ${Math.round(maxStaleMs / 3_600_000)} hours`,
            where: [...where, 'maxStaleMs'],
            fix: setting(`auth: { issuers: [{ issuer: "${issuer}", audience: millrace, maxStaleMs: 3600000 }] }`),
          } as const,
        ]
      : []),
  ];
}

function shareGroups(one: Issuer, other: Issuer): boolean {
  return one.groupsClaim !== '' && other.groupsClaim !== '' && one.groupsPrefix === other.groupsPrefix;
}

function sharedGroups(one: Issuer, other: Issuer, index: number): Diagnosis {
  return {
    id: 'issuers-share-groups',
    level: 'warning',
    what: `a group of ${other.issuer} has the rights of the group of that name of ${one.issuer}: their groupsPrefix is the same`,
    where: ['auth', 'issuers', String(index), 'groupsPrefix'],
    fix: setting(`auth: { issuers: [{ issuer: "${other.issuer}", audience: millrace, groupsPrefix: "other:" }] }`),
  };
}
