import { isLoopback } from '../../../core/index.js';
import type { IssuerOptions } from './options.js';

/** How the issuer is called in names of principals. */
export function nameOfIssuer({ name, issuer }: Pick<IssuerOptions, 'name' | 'issuer'>): string {
  return name ?? new URL(issuer).host;
}

/** What is wrong with the addresses of issuers, and with the issuers together: `auth.issuers[0].issuer: …`. */
export function checkIssuers(issuers: readonly IssuerOptions[]): readonly string[] {
  return issuers.flatMap((options, index) => {
    const at = `auth.issuers[${index}]`;
    const urls = (['issuer', 'discoveryUrl', 'jwksUri'] as const).flatMap((key) => {
      const problem = options[key] === '' ? undefined : urlProblem(options[key]);
      return problem === undefined ? [] : [`${at}.${key}: ${problem}`];
    });
    if (urls.length > 0) return urls;
    const earlier = issuers.slice(0, index).filter(({ issuer }) => URL.canParse(issuer));
    return [
      ...(earlier.some(({ issuer }) => issuer === options.issuer)
        ? [`${at}.issuer: '${options.issuer}' is taken already`]
        : []),
      ...(earlier.some((other) => nameOfIssuer(other) === nameOfIssuer(options))
        ? [`${at}.name: '${nameOfIssuer(options)}' is taken already`]
        : []),
      ...(options.jwksUri !== '' && options.discoveryUrl !== ''
        ? [`${at}.discoveryUrl: with ${at}.jwksUri nothing is discovered`]
        : []),
    ];
  });
}

/** Why a provider is not asked at an address; undefined = it may be. */
export function urlProblem(text: string): string | undefined {
  const shown = `'${text.slice(0, 200)}'`;
  if (!URL.canParse(text)) return `${shown} is no URL`;
  const { protocol, hostname, username, password, hash, search } = new URL(text);
  if (username !== '' || password !== '') return 'a URL may not have a password';
  if (hash !== '' || search !== '') return `${shown} has a query or a fragment`;
  if (protocol === 'https:' || (protocol === 'http:' && isLoopback(hostname))) return undefined;
  return `${shown} is not encrypted: expected https (http on loopback only)`;
}

/** Where the document of a provider is (OpenID Connect Discovery 1.0, 4). */
export function discoveryUrlOf({ issuer, discoveryUrl }: Pick<IssuerOptions, 'issuer' | 'discoveryUrl'>): string {
  return discoveryUrl === '' ? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration` : discoveryUrl;
}
