import { isNever } from './keywords.js';
import { listMembers, type Member, type MemberList } from './member-list.js';
import { readNames } from './names.js';
import { jsonLiteral } from './rules.js';
import {
  type Conversion,
  type Counts,
  isNames,
  isSchema,
  type Json,
  type Place,
  type Schema,
  within,
} from './schema.js';

/** Between two members. */
const SEPARATOR = 'ws "," ws';

/** The rule for a schema of the type `object`: members in the order of the schema, then others where they are described. */
export function objectRule(conversion: Conversion, schema: Schema, at: Place): string {
  const { properties = {}, required = [] } = schema;
  if (!isSchema(properties)) throw conversion.refuse(within(at, 'properties'), 'expected an object of schemas');
  if (!isNames(required)) throw conversion.refuse(within(at, 'required'), 'expected a list of names');
  const counts = conversion.counts('Properties', schema, at);
  const names = readNames(conversion, schema, at);
  const wanted = new Set(required);
  const members: Member[] = [];
  const add = (name: string, value: Json, place: Place) => {
    const isRequired = wanted.has(name);
    if (isNever(value)) {
      if (isRequired) conversion.passOver('object', place, `'${name}' is required, and no value is allowed for it`);
      return;
    }
    const rule = conversion.rules.add(`${jsonLiteral(name)} ws ":" ws ${conversion.convert(value, place)}`);
    members.push({ rule, isRequired });
  };
  for (const [name, value] of Object.entries(properties)) add(name, value, within(within(at, 'properties'), name));
  for (const name of new Set([...required, ...(names.listed ?? [])])) {
    if (Object.hasOwn(properties, name)) continue;
    const { value, at: place } = names.schemaOf(name);
    add(name, value, place);
  }
  const others = othersOf(conversion, names.others, { members, counts });
  if (others === undefined && members.length === 0)
    return counted(conversion, { rule: '"{" ws "}"', most: 0, counts }, at);
  const { first, mayBeNone } = listMembers(conversion.rules, members, { separator: SEPARATOR, last: others });
  const isEmptyAllowed = mayBeNone && counts.least === 0;
  const rule = `"{" ws ${isEmptyAllowed ? `(${first})?` : first} ws "}"`;
  return counted(conversion, { rule, most: others === undefined ? members.length : undefined, counts }, at);
}

/** Refuses objects that cannot have as many members as they need. */
function counted(
  conversion: Conversion,
  { rule, most, counts }: { readonly rule: string; readonly most: number | undefined; readonly counts: Counts },
  at: Place,
): string {
  if (most === undefined || most >= counts.least) return rule;
  const problem = `is ${counts.least}, but only ${most} properties are described: describe others by 'additionalProperties'`;
  return conversion.passOver('object', within(at, 'minProperties'), problem);
}

/** The members after the named properties. */
function othersOf(
  { rules }: Conversion,
  others: readonly string[],
  { members, counts }: { readonly members: readonly Member[]; readonly counts: Counts },
): MemberList | undefined {
  const most = counts.most === undefined ? undefined : counts.most - members.length;
  if (others.length === 0 || (most !== undefined && most <= 0)) return undefined;
  const other = rules.add(others.join(' | '));
  const needed = members.filter(({ isRequired }) => isRequired).length;
  const least = Math.max(0, counts.least - needed);
  const more = (from: number, to: number | undefined) =>
    from === 0 && to === undefined ? `(${SEPARATOR} ${other})*` : `(${SEPARATOR} ${other}){${from},${to ?? ''}}`;
  return {
    behind: rules.add(more(least, most)),
    first: rules.add(`${other} ${more(Math.max(0, least - 1), most === undefined ? undefined : most - 1)}`),
    mayBeNone: least === 0,
  };
}
