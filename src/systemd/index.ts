/** Room `systemd` (rank 1): what systemd and a service say to each other: sockets that it inherits, and its state. */
export type { Environment } from './listen-fds.js';
export { Notifier, type NotifierOptions, readWatchdog } from './notifier.js';
export { openNotifySocket, type SendState, writeSocketAddress } from './notify-socket.js';
export { type InheritedSocket, inheritSockets, type SocketPlace } from './sockets.js';
