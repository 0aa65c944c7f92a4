/** `auth.keys[0].name`: the path of a key in the words of the file it stands in. */
export function formatPath(path: readonly string[]): string {
  return path.map((name, index) => (/^\d+$/.test(name) ? `[${name}]` : index === 0 ? name : `.${name}`)).join('');
}

/** The keys of a JSON pointer (RFC 6901): `/a~1b/0` is `a/b`, `0`. */
export function parsePointer(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}
