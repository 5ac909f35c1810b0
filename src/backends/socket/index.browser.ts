export { socket } from './socket.browser.js';
export type { SocketBackend, SocketFeatures } from './socket-backend.js';
export type { SocketOptions } from './client/options.js';
export type { SocketClass, SocketLike } from './wire/socket-class.js';
