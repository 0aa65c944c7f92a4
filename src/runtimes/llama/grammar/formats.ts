const LEAP_YEAR = String.raw`(?:\d\d(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)`;
const DATE = String.raw`(?!0000)(?:${LEAP_YEAR}-02-29|\d{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)|02-(?:0[1-9]|1\d|2[0-8])))`;
const HOUR = String.raw`(?:[01]\d|2[0-3])`;
const CLOCK = String.raw`${HOUR}:[0-5]\d:[0-5]\d(?:\.\d{1,6})?`;
const TIME = String.raw`${CLOCK}(?:Z|[+-]${HOUR}:[0-5]\d)`;
const NUMBERED = (unit: string) => String.raw`(?:\d{1,4}${unit})?`;
const DURATION = String.raw`P(?:\d{1,4}W|(?=\d|T\d)${['Y', 'M', 'D'].map(NUMBERED).join('')}(?:T(?=\d)${['H', 'M', 'S'].map(NUMBERED).join('')})?)`;

const HEX = '[0-9a-f]';
const uuid = (version: string) => `${HEX}{8}-${HEX}{4}-${version}${HEX}{3}-[89ab]${HEX}{3}-${HEX}{12}`;

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const TOP_LABEL = '[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const ATOM = '[A-Za-z0-9_+-]+';
const EMAIL = String.raw`${ATOM}(?:\.${ATOM})*@(?:${LABEL}\.)+[A-Za-z]{2,18}`;
const SHORT_LABEL = '[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?';
const HOSTNAME = String.raw`${SHORT_LABEL}(?:\.${SHORT_LABEL}){0,6}`;

const BYTE = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`;
const IPV4 = String.raw`(?:${BYTE}\.){3}${BYTE}`;
const GROUP = `${HEX}{1,4}`;
/** Groups before '::', and as many behind it as there may be. */
const COMPRESSED = [6, 5, 4, 3, 2, 1].map((count) => `(?:${GROUP}:){${count}}(?:(?::${GROUP}){1,${7 - count}}|:)`);
const IPV6 = `(?:(?:${GROUP}:){7}(?:${GROUP}|:)|${COMPRESSED.join('|')}|:(?:(?::${GROUP}){1,7}|:))`;

const PATH = String.raw`(?:/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*)*`;
const QUERY = String.raw`(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/?]|%[0-9a-fA-F]{2})*`;
const AFTER_HOST = String.raw`(?::[1-9]\d{0,3})?${PATH}(?:\?${QUERY})?(?:#${QUERY})?`;
const HOST = String.raw`(?:(?:${LABEL}\.)*${TOP_LABEL}|${IPV4})`;
const URI = `[a-z][a-z0-9+.-]{1,15}://${HOST}${AFTER_HOST}`;
const WEB_LABEL = '[a-z0-9]+(?:-[a-z0-9]+)*';
const AFTER_SLASH = String.raw`/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9a-fA-F]{2})*(?:\?${QUERY})?(?:#${QUERY})?`;
const WEB_ADDRESS = String.raw`https?://(?:${WEB_LABEL}\.)+[a-z]{2,18}(?::[1-9]\d{1,3})?(?:${AFTER_SLASH})?`;
const base64 = (letters: string) => `(?:[${letters}]{4})*(?:[${letters}]{2}==|[${letters}]{3}=)?`;
const BASE64 = base64('A-Za-z0-9+/');

/** Texts of each format that are generated: each is valid by RFC and by ajv-formats, where that knows the format. */
export const FORMATS: ReadonlyMap<string, string> = new Map([
  ['date', DATE],
  ['time', TIME],
  ['date-time', `${DATE}T${TIME}`],
  ['duration', DURATION],
  ['uuid', uuid('[1-8]')],
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((version): [string, string] => [`uuid${version}`, uuid(String(version))]),
  ['email', EMAIL],
  ['idn-email', EMAIL],
  ['hostname', HOSTNAME],
  ['idn-hostname', HOSTNAME],
  ['ipv4', IPV4],
  ['ipv6', IPV6],
  ['ipvanyaddress', `(?:${IPV4}|${IPV6})`],
  ['ipv4network', `${IPV4}/32`],
  ['ipv6network', `${IPV6}/128`],
  ['ipvanynetwork', `${IPV4}/32`],
  ['ipv4interface', `${IPV4}/(?:3[0-2]|[12]?\\d)`],
  ['ipv6interface', `${IPV6}/(?:12[0-8]|1[01]\\d|[1-9]?\\d)`],
  ['ipvanyinterface', `${IPV4}/(?:3[0-2]|[12]?\\d)`],
  ['uri', URI],
  ['iri', URI],
  ['url', WEB_ADDRESS],
  ['uri-reference', URI],
  ['iri-reference', URI],
  ['json-pointer', '(?:/(?:[^~/]|~[01])*)*'],
  ['byte', BASE64],
  ['base64', BASE64],
  ['base64url', base64('A-Za-z0-9_-')],
]);

/** Say nothing of a text. */
const IDLE_FORMATS: ReadonlySet<string> = new Set([
  ...['password', 'binary', 'path', 'file-path', 'directory-path', 'text', 'textarea', 'multiline', 'html', 'markdown'],
]);

/** Formats of numbers, by the integers that they allow; undefined = they say nothing. */
export const NUMBER_FORMATS: ReadonlyMap<string, readonly [least: number, most: number] | undefined> = new Map([
  ...[8, 16, 32].flatMap((bits): [string, readonly [number, number]][] => [
    [`int${bits}`, [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]],
    [`uint${bits}`, [0, 2 ** bits - 1]],
  ]),
  ['uint64', [0, Number.MAX_SAFE_INTEGER]],
  ...['int64', 'safeint', 'float', 'double', 'decimal', 'float32', 'float64'].map((name): [string, undefined] => [
    name,
    undefined,
  ]),
]);

/** Whether a format says nothing of texts. */
export function isIdleFormat(format: string): boolean {
  return IDLE_FORMATS.has(format) || NUMBER_FORMATS.has(format);
}

/** Whether a format says nothing of numbers, as it is one of texts. */
export function isTextFormat(format: unknown): boolean {
  return typeof format === 'string' && (FORMATS.has(format) || IDLE_FORMATS.has(format));
}
