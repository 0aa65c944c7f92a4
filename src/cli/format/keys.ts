import type { Key, MadeKey } from '../../api/index.js';
import { formatFields, formatTable, type TableStyle } from './table.js';
import { formatMinute } from './units.js';

/** Keys as a table. */
export function formatKeys(keys: readonly Key[], style: TableStyle): string {
  if (keys.length === 0) return 'no keys\n';
  const { green, yellow } = style.colors;
  return formatTable<Key>(
    [
      { header: 'KEY', cell: ({ name }) => name },
      { header: 'ID', cell: ({ id = 'settings' }) => id },
      { header: 'STATE', cell: ({ state }) => (state === 'active' ? green(state) : yellow(state)) },
      { header: 'GRANTS', cell: formatGrants },
      { header: 'OWNER', cell: ({ owner = '' }) => owner, leaveOut: 3 },
      { header: 'EXPIRES', cell: ({ expires_at: at }) => minuteOf(at) ?? 'never', leaveOut: 1 },
      { header: 'LAST USED', cell: ({ last_used_at: at }) => minuteOf(at) ?? '-', leaveOut: 2 },
    ],
    keys,
    style,
  );
}

/** All that is known of one key. */
export function formatKey(row: Key): string {
  return formatFields([
    ['name', row.name],
    ['id', row.id],
    ['source', row.source],
    ['state', row.state],
    ['grants', formatGrants(row)],
    ['groups', row.groups?.join(', ')],
    ['owner', row.owner],
    ['created', byWhom(row.created_at, row.created_by)],
    ['rotated', row.rotated_at],
    ['key before holds until', row.previous_ends_at],
    ['expires', row.expires_at],
    ['revoked', byWhom(row.revoked_at, row.revoked_by)],
    ['last used', minuteOf(row.last_used_at)],
  ]);
}

/** What to know beside a key that is printed this once. */
export function describeMade(row: MadeKey): string {
  const expiry = row.expires_at === undefined ? 'never expires' : `expires ${row.expires_at}`;
  const before = row.previous_ends_at === undefined ? '' : `; the key before holds until ${row.previous_ends_at}`;
  return `key ${row.name} (${row.id}): ${formatGrants(row) || 'what its groups may'}; ${expiry}${before}\nIt is shown this once:\n`;
}

function formatGrants({ grants }: Pick<Key, 'grants'>): string {
  return grants.map(({ role, models }) => (models === undefined ? role : `${role} on ${models.join(' ')}`)).join(', ');
}

function byWhom(at: string | undefined, by: string | undefined): string | undefined {
  return at === undefined ? undefined : `${at} by ${by}`;
}

function minuteOf(at: string | undefined): string | undefined {
  return at && formatMinute(at);
}
