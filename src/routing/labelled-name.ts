/** What stands between the name of a model and a label. */
const SEPARATOR = '@';

export interface LabelledName {
  readonly name: string;
  readonly label: string;
}

/** `fraud@canary` as a model and a label; undefined where the name has none. */
export function parseLabelledName(text: string): LabelledName | undefined {
  const at = text.lastIndexOf(SEPARATOR);
  if (at <= 0 || at === text.length - 1) return undefined;
  return { name: text.slice(0, at), label: text.slice(at + 1) };
}

export function formatLabelledName({ name, label }: LabelledName): string {
  return `${name}${SEPARATOR}${label}`;
}
