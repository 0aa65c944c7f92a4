/** Room `systemd` (rank 1): what systemd and a service say to each other: sockets that it inherits, and its state. */
export { refuseDescriptor } from './listen-fds.js';
export { Notifier, readWatchdog } from './notifier.js';
export { openNotifySocket } from './notify-socket.js';
export { type InheritedSocket, inheritSockets, type ListeningSocket, type SocketPlace } from './sockets.js';
