/**
 * The name that an object in `json`, which must be valid, has twice; undefined = none has. Parsers differ in which of the two
 * counts, so what one of them has checked another may read otherwise.
 */
export function findDuplicateMember(json: string): string | undefined {
  /** The names of each object that is open; undefined for a list. */
  const open: (Set<string> | undefined)[] = [];
  let isName = false;
  for (let at = 0; at < json.length; at++) {
    switch (json[at]) {
      case '{':
        open.push(new Set());
        isName = true;
        break;
      case '[':
        open.push(undefined);
        isName = false;
        break;
      case '}':
      case ']':
        open.pop();
        isName = false;
        break;
      case ',':
        isName = open.at(-1) !== undefined;
        break;
      case '"': {
        const end = endOfText(json, at);
        const names = open.at(-1);
        if (isName && names !== undefined) {
          // The same name can be written in several ways.
          const name: string = JSON.parse(json.slice(at, end));
          if (names.has(name)) return name;
          names.add(name);
          isName = false;
        }
        at = end - 1;
        break;
      }
    }
  }
  return undefined;
}

/** Where the text ends that begins with the quotation mark at `start`. */
function endOfText(json: string, start: number): number {
  let at = start + 1;
  while (json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at + 1;
}
