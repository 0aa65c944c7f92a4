import { stringify } from 'yaml';
import type { DeclaredRoute, RouteArm, RouteConfig, RouteHistory, RouteRevision } from '../../api/index.js';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';

/** Routes as a table. */
export function formatRoutes(routes: readonly DeclaredRoute[], style: TableStyle): string {
  if (routes.length === 0) return 'no routes\n';
  return formatTable<DeclaredRoute>(
    [
      { header: 'ROUTE', cell: ({ name }) => name },
      { header: 'OWNER', cell: ({ owner, place }) => (place ? `${owner} ${place}` : owner) },
      { header: 'STATE', cell: (row) => formatState(row, style.colors) },
      { header: 'ARMS', cell: ({ route }) => formatArms(route) },
    ],
    routes,
    style,
  );
}

/** One route: how it stands, and YAML for `routes` of the settings. */
export function formatRoute(row: DeclaredRoute, colors: Colors): string {
  const whose = row.place ? `${row.owner}, ${row.place}` : row.owner;
  const head = colors.dim(`# ${whose}; ${stateOf(row)}`);
  return `${head}\n${stringify({ routes: { [row.name]: withoutEmpty(row.route) } }, { collectionStyle: 'any' })}`;
}

function stateOf({ in_force: isInForce, ready }: DeclaredRoute): string {
  if (!isInForce) return 'hidden';
  return ready ? 'ready' : 'not ready';
}

function formatState(row: DeclaredRoute, colors: Colors): string {
  const state = stateOf(row);
  return state === 'ready' ? colors.green(state) : colors.yellow(state);
}

function formatArms(route: RouteConfig): string {
  return route.arms.map((arm) => formatArm(arm, route)).join(', ');
}

/** `fraud@canary 5 %`. */
function formatArm({ model, label, version, weight }: RouteArm, { arms }: RouteConfig): string {
  const total = arms.reduce((sum, arm) => sum + arm.weight, 0);
  const which = label === undefined ? (version === undefined ? '' : `/${version}`) : `@${label}`;
  return `${model}${which} ${formatShare(weight / total)}`;
}

function formatShare(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

function withoutEmpty(route: object): object {
  return Object.fromEntries(Object.entries(route).filter(([, value]) => !(Array.isArray(value) && value.length === 0)));
}

/** Past revisions as a table, newest first. */
export function formatHistory({ name, history }: RouteHistory, style: TableStyle): string {
  if (history.length === 0) return `${name} was never changed through the API\n`;
  return formatTable<RouteRevision>(
    [
      { header: 'REVISION', align: 'right', cell: ({ revision }) => String(revision) },
      { header: 'CHANGED', cell: ({ changed_at: at }) => at.replace(/\.\d+Z$/, 'Z') },
      { header: 'BY', cell: ({ changed_by: by }) => by },
      { header: 'ARMS', cell: ({ route }) => (route === undefined ? style.colors.red('removed') : formatArms(route)) },
    ],
    history,
    style,
  );
}
