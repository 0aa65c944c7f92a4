import { transformSync } from 'oxc-transform';

/**
 * TypeScript as JavaScript with its source map inside; JavaScript as it is. Throws a SyntaxError that begins with
 * `path:line:column: `. Types are taken out, not checked; enums, namespaces and parameter properties become code.
 */
export function toJavaScript(path: string, source: string): string {
  const lang = path.endsWith('ts') ? 'ts' : 'js';
  const { code, map, errors } = transformSync(path, source, { lang, sourceType: 'module', sourcemap: true });
  const [error] = errors;
  if (error !== undefined) {
    const at = error.labels[0] === undefined ? '' : `:${positionOf(source, error.labels[0].start)}`;
    throw new SyntaxError(`${path}${at}: ${error.message}`);
  }
  if (lang === 'js' || map === undefined) return source;
  const encoded = Buffer.from(JSON.stringify({ ...map, sources: [path] })).toString('base64');
  return `${code}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

/** `line:column` of an offset, counted from 1. */
function positionOf(source: string, offset: number): string {
  const before = source.slice(0, offset).split('\n');
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
