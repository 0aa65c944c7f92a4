import { isNever } from './keywords.js';
import { type Conversion, type Json, type Place, type Schema, within } from './schema.js';

/** The rule for a schema of the type `array`. */
export function arrayRule(conversion: Conversion, schema: Schema, at: Place): string {
  const { rules } = conversion;
  const { first, items } = readItems(conversion, schema, at);
  const { least, most } = conversion.counts('Items', schema, at);
  const mostFirst = Math.min(first.length, most ?? Number.POSITIVE_INFINITY);
  const each = first.slice(0, mostFirst).map(({ schema: item, at: place }) => conversion.convert(item, place));
  // What may be added to the first ones is only written where it is described or counted.
  const isOpen = !isNever(items) && (first.length === 0 || items !== undefined || least > first.length);
  const leastMore = Math.max(0, least - mostFirst);
  const mostMore = isOpen ? most && most - mostFirst : 0;
  if (!isOpen && leastMore > 0) {
    return conversion.passOver(
      'array',
      within(at, 'minItems'),
      `is ${least}, but there are at most ${first.length} items`,
    );
  }
  if (mostMore === 0) return each.length === 0 ? '"[" ws "]"' : `"[" ws ${each.join(' ws "," ws ')} ws "]"`;
  const item = rules.add(conversion.convert(items === undefined ? true : items, within(at, 'items')));
  if (each.length > 0) {
    return `"[" ws ${each.join(' ws "," ws ')} (ws "," ws ${item}){${leastMore},${mostMore ?? ''}} ws "]"`;
  }
  const more = `(ws "," ws ${item}){${Math.max(0, leastMore - 1)},${mostMore === undefined ? '' : mostMore - 1}}`;
  return least === 0 ? `"[" ws (${item} ${more})? ws "]"` : `"[" ws ${item} ${more} ws "]"`;
}

interface Items {
  readonly first: readonly { readonly schema: Json; readonly at: Place }[];
  /** Of those behind; undefined = nothing is said of them. */
  readonly items: Json | undefined;
}

/** In drafts before 2020-12, `items` is a list, and `additionalItems` describes the rest. */
function readItems(conversion: Conversion, { items, prefixItems, additionalItems }: Schema, at: Place): Items {
  const keyword = prefixItems === undefined && Array.isArray(items) ? 'items' : 'prefixItems';
  const list = keyword === 'items' ? items : (prefixItems ?? []);
  const place = within(at, keyword);
  if (!Array.isArray(list)) throw conversion.refuse(place, 'expected a list of schemas');
  const first = list.map((schema: Json, index) => ({ schema, at: within(place, index) }));
  if (keyword === 'items') return { first, items: additionalItems };
  if (!Array.isArray(items)) return { first, items };
  conversion.passOver('array', within(at, 'items'), "expected a schema beside 'prefixItems'");
  return { first, items: undefined };
}
