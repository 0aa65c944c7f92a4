import { groupBy } from '../core/index.js';

/** Notices by the model that they are about: they begin with one of its files (`mlp/…`), its name (`mlp: …`), or `model 'mlp/1'`. */
export function noticesByModel(notices: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const mentions = notices.flatMap((notice) => [...subjectsOf(notice)].map((name) => ({ name, notice })));
  const byName = groupBy(mentions, ({ name }) => name);
  return new Map([...byName].map(([name, found]) => [name, found.map(({ notice }) => notice)]));
}

function subjectsOf(notice: string): ReadonlySet<string> {
  const [beforeSlash = '', ...path] = notice.replace(/^model '/, '').split('/');
  const [beforeColon = '', ...text] = notice.split(': ');
  return new Set([...(path.length > 0 ? [beforeSlash] : []), ...(text.length > 0 ? [beforeColon] : [])]);
}
