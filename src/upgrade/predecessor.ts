import { MillraceError } from '../core/index.js';
import type { InheritedSocket } from '../systemd/index.js';
import { type FromSuccessor, type LoadedModels, PREDECESSOR_VARIABLE, PROTOCOL, type ToSuccessor } from './messages.js';

/** The server that this process takes over from. */
export interface Predecessor {
  /** The sockets that it listens on. */
  readonly sockets: readonly InheritedSocket[];
  /** All models have loaded or failed. Resolves when this process is to listen; rejects with `unavailable` where the server has ended. */
  loaded(version: string, models: LoadedModels): Promise<void>;
  /** This process listens, and answers. */
  ready(): void;
  /** This process cannot take over, and ends. */
  refuse(reason: string): void;
}

/** The part of a process that concerns messages with the one that has started it. */
export type ChildSide = Pick<NodeJS.Process, 'ppid' | 'send' | 'channel' | 'on' | 'off' | 'connected'>;

/** A socket's handle, as Node passes it. It listens as long as there is a reference. */
interface PassedHandle {
  readonly fd: number;
}

/** They belong to listeners that know them by their descriptors. */
const kept: PassedHandle[] = [];

/**
 * The server that has started this process as its successor; undefined where nothing has. Rejects with `failed_precondition` where the server
 * speaks another protocol, `unavailable` where it ends.
 */
export async function joinPredecessor(
  env: Readonly<Record<string, string | undefined>>,
  child: ChildSide,
): Promise<Predecessor | undefined> {
  if (child.send === undefined || env[PREDECESSOR_VARIABLE] !== String(child.ppid)) return undefined;
  const sockets: InheritedSocket[] = [];
  await until(child, (message, handle) => {
    if (message.kind === 'begin') checkProtocol(message.protocol);
    if (message.kind !== 'socket') return message.kind === 'begin';
    const passed = handle as PassedHandle;
    kept.push(passed);
    sockets.push({ name: message.name, place: message.place, descriptor: passed.fd });
    return false;
  });
  const send = (message: FromSuccessor) => {
    if (child.connected) child.send?.(message);
  };
  return {
    sockets,
    async loaded(version, models) {
      const proceeding = until(child, ({ kind }) => kind === 'proceed');
      send({ kind: 'loaded', version, models });
      await proceeding;
    },
    ready: () => send({ kind: 'ready' }),
    refuse: (reason) => send({ kind: 'refused', reason }),
  };
}

function checkProtocol(protocol: number): void {
  if (protocol === PROTOCOL) return;
  const message = `the running millrace hands over by protocol ${protocol}, and this one by ${PROTOCOL}: restart the server instead`;
  throw new MillraceError('failed_precondition', message);
}

/** Waits for a message. Rejects where `isLast` throws, and where there will be no more. */
function until(child: ChildSide, isLast: (message: ToSuccessor, handle: unknown) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      child.off('message', onMessage).off('disconnect', onGone);
      settle();
    };
    const onGone = () =>
      end(() => reject(new MillraceError('unavailable', 'the server that started this process has ended')));
    const onMessage = (message: unknown, handle: unknown) => {
      try {
        if (isLast(message as ToSuccessor, handle)) end(resolve);
      } catch (error) {
        end(() => reject(error));
      }
    };
    if (!child.connected) return onGone();
    child.on('message', onMessage).on('disconnect', onGone);
  });
}
