import { stringify } from 'yaml';
import type { Colors } from '../io.js';
import { formatTable, type TableStyle } from './table.js';

/** A route as the server's API tells it. */
export interface RouteRow {
  readonly name: string;
  readonly owner: string;
  readonly place?: string;
  readonly in_force: boolean;
  readonly ready: boolean;
  readonly route: RouteBody;
}

interface RouteBody {
  readonly arms: readonly ArmBody[];
  readonly rules?: readonly unknown[];
  readonly fallback?: readonly unknown[];
}

interface ArmBody {
  readonly model: string;
  readonly label?: string;
  readonly version?: number;
  readonly weight: number;
}

/** Routes as a table. */
export function formatRoutes(routes: readonly RouteRow[], style: TableStyle): string {
  if (routes.length === 0) return 'no routes\n';
  return formatTable<RouteRow>(
    [
      { header: 'ROUTE', cell: ({ name }) => name },
      { header: 'OWNER', cell: ({ owner, place }) => (place ? `${owner} ${place}` : owner) },
      { header: 'STATE', cell: (row) => formatState(row, style.colors) },
      { header: 'ARMS', cell: ({ route }) => route.arms.map((arm) => formatArm(arm, route)).join(', ') },
    ],
    routes,
    style,
  );
}

/** One route: how it stands, and YAML for `routes` of the settings. */
export function formatRoute(row: RouteRow, colors: Colors): string {
  const whose = row.place ? `${row.owner}, ${row.place}` : row.owner;
  const head = colors.dim(`# ${whose}; ${stateOf(row)}`);
  return `${head}\n${stringify({ routes: { [row.name]: withoutEmpty(row.route) } }, { collectionStyle: 'any' })}`;
}

function stateOf({ in_force: isInForce, ready }: RouteRow): string {
  if (!isInForce) return 'hidden';
  return ready ? 'ready' : 'not ready';
}

function formatState(row: RouteRow, colors: Colors): string {
  const state = stateOf(row);
  return state === 'ready' ? colors.green(state) : colors.yellow(state);
}

/** `fraud@canary 5 %`. */
function formatArm({ model, label, version, weight }: ArmBody, { arms }: RouteBody): string {
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
