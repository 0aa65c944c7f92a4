/** Left behind by editors, copy tools and operating systems: never a model, never part of one. */
const IGNORED_NAMES = /^(?:\.|#.*#$|lost\+found$|__pycache__$|node_modules$|Thumbs\.db$|desktop\.ini$)/;
const IGNORED_ENDINGS = /(?:~|\.(?:swp|swo|swx|tmp|temp|part|partial|crdownload|download|bak|orig|lock))$/i;

/** True for names that a repository takes no notice of: hidden files, editors' and half-copied files. */
export function isIgnoredName(name: string): boolean {
  return IGNORED_NAMES.test(name) || IGNORED_ENDINGS.test(name);
}

const MAX_NAME_LENGTH = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
const UNADDRESSABLE = /[/\\\u0000-\u001f\u007f\ufffd]/;

/** Why a model of this name could not be addressed in a URL, a log line or a metric label; undefined when it can. */
export function modelNameProblem(name: string): string | undefined {
  if (name === '' || name === '.' || name === '..') return 'is not a name';
  if (name.length > MAX_NAME_LENGTH) return `is longer than ${MAX_NAME_LENGTH} characters`;
  if (UNADDRESSABLE.test(name)) return 'holds a slash, a backslash, a control character or invalid UTF-8';
  if (name !== name.trim()) return 'begins or ends with white space';
  return undefined;
}

/** The same of a model that comes: nor would a repository take any notice of it under some names. */
export function newModelNameProblem(name: string): string | undefined {
  return modelNameProblem(name) ?? (isIgnoredName(name) ? 'is one that repositories take no notice of' : undefined);
}

/** What aliases of models look like, as the text of a regular expression. Slashes are allowed, as names on model hubs have them. */
export const ALIAS_PATTERN = '^(?!\\.{1,2}$)[^@\\\\\\s\\u0000-\\u001f\\u007f\\ufffd]{1,200}$';
export const ALIAS_EXPECTED = 'a name of 1 to 200 characters other than white space, control characters, \\ and @';

/** What labels of versions look like, as the text of a regular expression. */
export const LABEL_PATTERN = '^[^@/\\s\\u0000-\\u001f\\u007f]{1,128}$';
const LABEL = new RegExp(LABEL_PATTERN);

/** Why a text cannot be a label, as what follows it in a sentence; undefined = it can. */
export function labelProblem(label: string): string | undefined {
  if (LABEL.test(label)) return undefined;
  return 'cannot be a label: expected 1 to 128 characters other than white space, control characters, / and @';
}

/** The version that a folder name stands for: 3 for `3` and `03`; undefined for 0 and for whatever is no number. */
export function versionOfFolder(name: string): number | undefined {
  if (!/^[0-9]{1,16}$/.test(name)) return undefined;
  const version = Number(name);
  return version > 0 && Number.isSafeInteger(version) ? version : undefined;
}
