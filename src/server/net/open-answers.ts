import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** So many requests of one connection may be sent before the first of them is answered: all that are read at once are answered in one go. */
const AHEAD = 64;

/**
 * Answers that are under way.
 *
 * Those that stand behind another one on the same connection have no socket yet, and `node:http` would never tell them that it is gone: they hear it here.
 */
export class OpenAnswers {
  private readonly all = new Map<Socket, Set<ServerResponse>>();
  private count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  /** @returns Is it to be answered? A client that sends too many before it has their answers is closed. */
  add({ socket }: IncomingMessage, response: ServerResponse): boolean {
    if (socket.destroyed) return false;
    const answers = this.all.get(socket) ?? this.open(socket);
    if (answers.size >= AHEAD) {
      socket.destroy();
      return false;
    }
    answers.add(response);
    this.count++;
    response.once('close', () => {
      if (answers.delete(response)) this.count--;
    });
    return true;
  }

  private open(socket: Socket): Set<ServerResponse> {
    const answers = new Set<ServerResponse>();
    this.all.set(socket, answers);
    socket.once('close', () => {
      this.all.delete(socket);
      for (const one of answers) if (one.socket === null) one.destroy().emit('close');
    });
    return answers;
  }
}
