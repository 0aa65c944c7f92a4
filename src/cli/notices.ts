/** Notices by the model that they are about: they begin with one of its files (`mlp/…`), its name (`mlp: …`), or `model 'mlp/1'`. */
export function noticesByModel(notices: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const notice of notices) {
    for (const name of subjectsOf(notice)) {
      const known = found.get(name);
      if (known === undefined) found.set(name, [notice]);
      else known.push(notice);
    }
  }
  return found;
}

function subjectsOf(notice: string): ReadonlySet<string> {
  const [beforeSlash = '', ...path] = notice.replace(/^model '/, '').split('/');
  const [beforeColon = '', ...text] = notice.split(': ');
  return new Set([...(path.length > 0 ? [beforeSlash] : []), ...(text.length > 0 ? [beforeColon] : [])]);
}
